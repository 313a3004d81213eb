"""The functions: processes of the emulator's bootstrap, one event at a time in each. The line protocol is told in the
bootstrap: fd 3 brings events, fd 4 takes answers and logs away."""
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# Names under which handlers look for their push address.
PUSH_NAMES = ('sendbackHost', 'wsBackUrl', 'url', 'SCFWS_PUSH_URL')
# Bytes of an event, and of an answer.
LARGEST = 6 * 1024 * 1024
PLATFORMS = ('SCF_', 'TENCENTCLOUD_', 'QCLOUD_')


class Result(object):
    """`outcome`: ok, userError (the code failed, or took too long), platformError (it could not be run),
    gatewayTimeout (it goes on, and nobody waits any more)."""

    def __init__(self, outcome, value=None, status=200, message='', detail=''):
        self.outcome = outcome
        self.value = value
        self.status = status
        self.message = message
        # For the log: a stack.
        self.detail = detail


class Function(object):
    def __init__(self, service, spec, root, push_url, log):
        self.service = service
        self.spec = spec
        self.folder = os.path.join(root, *spec['folder'].split('/'))
        self.root = root
        self.push_url = push_url
        self.log = log
        count = os.environ.get('SCFWS_INSTANCES', '')
        self.free = queue.LifoQueue()
        for _ in range(int(count) if count.isdigit() and int(count) > 0 else spec['instances']):
            self.free.put(None)

    def invoke(self, event, request, tag):
        """Waits for a process and for its answer. `tag`: what stands before the lines of its log."""
        process = self.free.get()
        result = None
        try:
            if process is None or not process.alive:
                process = Process(self)
            result = process.run(event, request, tag)
            if result is None:  # The backend timeout comes first: the event goes on, up to its own limit.
                threading.Thread(target=self.go_on, args=(process, request), daemon=True).start()
                result = Result('gatewayTimeout', status=504, message='no answer within the backend timeout')
                process = self
            if result.outcome != 'ok':
                self.log(tag, ('ERROR %d %s %s' % (result.status, result.message, result.detail)).rstrip())
            return result
        except OSError as error:
            return Result('platformError', status=437, message=str(error))
        finally:
            if process is not self:
                self.give_back(process)

    def go_on(self, process, request):
        process.wait(request, self.spec['timeout'])
        self.give_back(process)

    def give_back(self, process):
        self.free.put(process if process is not None and process.alive else None)

    def warm_up(self):
        """Starts the first process ahead of the first event."""
        process = self.free.get()
        self.free.put(process or Process(self))

    def dispose(self):
        while True:
            try:
                process = self.free.get_nowait()
            except queue.Empty:
                return
            if process is not None:
                process.kill()

    def environment(self):
        env = dict(os.environ)
        spec = self.spec
        env.update(SCF_RUNTIME=spec['runtime'], SCF_NAMESPACE=env.get('SCF_NAMESPACE', 'default'),
                   TENCENTCLOUD_RUNENV='SCF', USER_CODE_ROOT=self.folder,
                   PYTHONIOENCODING='utf-8', PYTHONUNBUFFERED='1', PYTHONDONTWRITEBYTECODE='1')
        for name in PUSH_NAMES:
            env[name] = self.push_url
        for name in ('no_proxy', 'NO_PROXY'):
            before = env.get(name, '')
            env[name] = before + (',' if before else '') + '127.0.0.1,localhost,.apigateway.tencentyun.com'
        env.update(self.own_variables())
        return env

    def own_variables(self):
        """The project's; what the console says is truer."""
        own = {}
        for name, value in self.spec['environment'].items():
            own[name] = os.environ.get(name, value.replace('${SCFWS_PUSH_URL}', self.push_url))
        own['SCF_FUNCTIONNAME'] = self.spec['name']
        return own

    def order(self):
        spec = self.spec
        file, _, entry = spec['handler'].rpartition('.')
        variables = {name: value for name, value in os.environ.items() if name.startswith(PLATFORMS)}
        variables.update(self.own_variables())
        get = os.environ.get
        return {
            'folder': self.folder, 'projectFolder': self.root, 'file': file or spec['handler'],
            'entry': entry if file else 'main_handler', 'pushUrl': self.push_url,
            'redirectPush': self.service['emulator']['redirectPush'], 'readOnlyCode': False,
            'debug': False, 'waitForEmptyLoop': False, 'clockFile': '',
            'context': {
                'memory_limit_in_mb': spec['memory'], 'time_limit_in_ms': spec['timeout'] * 1000,
                'environment': json.dumps(variables),
                'environ': ';'.join('%s=%s' % pair for pair in variables.items()),
                'function_version': get('SCF_FUNCTIONVERSION', '$LATEST'), 'function_name': spec['name'],
                'namespace': get('SCF_NAMESPACE', 'default'),
                'tencentcloud_region': get('TENCENTCLOUD_REGION', ''),
                'tencentcloud_appid': get('TENCENTCLOUD_APPID', ''),
                'tencentcloud_uin': get('TENCENTCLOUD_UIN', ''),
            },
        }


class Process(object):
    def __init__(self, function):
        self.function = function
        self.alive = True
        self.tag = ''
        self.lock = threading.Lock()
        # What it says of loading, then the answer of the event that runs.
        self.loaded = queue.Queue()
        self.answers = queue.Queue()
        child_in, self.to_child = os.pipe()
        from_child, child_out = os.pipe()
        command = [sys.executable, os.path.join(HERE, 'launch.py'), str(child_in), str(child_out),
                   os.path.join(HERE, 'bootstrap', 'python', 'bootstrap.py')]
        try:
            self.child = subprocess.Popen(command, cwd=function.folder, env=function.environment(),
                                          stdin=subprocess.DEVNULL, pass_fds=(child_in, child_out),
                                          start_new_session=True)
        except OSError:
            os.close(self.to_child)
            os.close(from_child)
            raise
        finally:
            os.close(child_in)
            os.close(child_out)
        reader = threading.Thread(target=self.read, args=(from_child,), daemon=True)
        reader.start()
        self.ready = False
        self.began = 0
        self.write(b'S ' + json.dumps(function.order()).encode('utf-8') + b'\n')

    def write(self, line):
        with self.lock:
            try:
                while line and self.alive:
                    line = line[os.write(self.to_child, line):]
            except OSError:
                self.alive = False

    def read(self, descriptor):
        with os.fdopen(descriptor, 'rb') as lines:
            for line in lines:
                kind = line[:1]
                if kind in (b'Y', b'X'):
                    self.loaded.put((kind, line[2:]))
                elif kind in (b'R', b'r', b'E', b'e'):
                    self.answers.put((kind, line.split(b' ', 3)))
                elif kind == b'L':
                    self.function.log(self.tag, json.loads(line.split(b' ', 4)[4].decode('ascii')))
        with self.lock:  # Nobody writes to that number any more.
            self.alive = False
            os.close(self.to_child)
        self.loaded.put((b'', b''))
        self.answers.put((b'', None))
        self.child.wait()

    def run(self, event, request, tag):
        """None: the backend timeout of the API is over before the function's own."""
        self.tag = tag
        spec, backend = self.function.spec, self.function.service['backendTimeout']
        if not self.ready:
            problem = self.wait_until_loaded(spec['initTimeout'])
            if problem is not None:
                self.kill()
                return problem
            self.ready = True
        payload = json.dumps(event, ensure_ascii=False).encode('utf-8', 'surrogatepass')
        if len(payload) > LARGEST:
            return Result('platformError', status=406, message='the event is larger than 6 MB')
        self.began = time.monotonic()
        self.write(b'I %s 0 %s\n' % (request.encode('ascii'), payload))
        return self.wait(request, min(spec['timeout'], backend))

    def wait(self, request, seconds):
        """`seconds` from when the event was given."""
        parts = None
        while parts is None or parts[1].decode('ascii') != request:
            try:
                left = seconds - (time.monotonic() - self.began)
                kind, parts = self.answers.get(timeout=max(left, 0.001))
            except queue.Empty:
                if seconds < self.function.spec['timeout']:
                    return None
                self.kill()
                return Result('userError', status=433, message='Invoking task timed out after %d seconds' % seconds)
            if parts is None:
                return Result('userError', status=439, message='the process ended')
        value = json.loads(parts[3].decode('utf-8'))
        if kind in (b'R', b'r'):
            return Result('ok', value)
        if value.get('kind') == 'tooLarge':
            return Result('platformError', status=407, message='the answer is larger than 6 MB')
        return Result('userError', status=430, message='user code exception caught',
                      detail=value.get('stack') or value.get('message', ''))

    def wait_until_loaded(self, seconds):
        try:
            kind, said = self.loaded.get(timeout=seconds)
        except queue.Empty:
            return Result('platformError', status=446, message='the function did not load in time')
        if kind == b'Y':
            return None
        failure = json.loads(said.decode('utf-8')) if kind == b'X' else {'message': 'the process ended'}
        return Result('platformError', status=437 if kind == b'X' else 439,
                      message='the function cannot be loaded (%s)' % failure.get('kind', failure.get('message', '')),
                      detail=failure.get('stack') or failure.get('message', ''))

    def kill(self):
        self.alive = False
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except OSError:
            pass  # It is gone.
