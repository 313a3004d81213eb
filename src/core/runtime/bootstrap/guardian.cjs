// Outlives the session process by one moment: when its stdin ends, however the session died, it kills the
// handlers' process groups that are left. It also ends what a handler moved out of its group (daemons): on Linux,
// whatever has the handler's mark in its environment. Lines in: `+<pid> <mark>` guard, `-<pid>` it is dead.
'use strict';
const fs = require('fs');
const { spawnSync } = require('child_process');

/** Leaders of groups, and the mark of what they start. */
const groups = new Map();
/** Marks of handlers that are dead: nothing that carries one may live. */
let doomed = [];
let due;
let rest = '';

process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const [word, mark = ''] = line.split(' ');
    const pid = Number(word.slice(1));
    if (word[0] === '+' && pid > 1) {
      groups.set(pid, mark);
    } else if (groups.has(pid)) {
      doomed.push(groups.get(pid));
      groups.delete(pid);
      due = due || setTimeout(sweep, 20);
    }
  }
});
process.stdin.on('error', end);
process.stdin.on('end', end);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {}); // Meant for the session; its end is ours.
}

/** Ends everything with a doomed mark; again, until nothing new was found, since it may fork meanwhile. */
function sweep() {
  due = undefined;
  const marks = doomed.map((mark) => `SCFWS_PROCESS=${mark}\0`);
  doomed = [];
  if (process.platform !== 'linux' || marks.length === 0) return;
  for (let found = true, rounds = 0; found && rounds < 10; rounds++) {
    found = false;
    for (const name of fs.readdirSync('/proc')) {
      if (!(Number(name) > 1) || name === String(process.pid)) continue;
      try {
        const environment = fs.readFileSync(`/proc/${name}/environ`, 'latin1');
        if (marks.some((mark) => environment.includes(mark))) {
          process.kill(Number(name), 'SIGKILL');
          found = true;
        }
      } catch {
        // It ended, or is somebody else's.
      }
    }
  }
}

function end() {
  for (const [pid, mark] of groups) {
    doomed.push(mark);
    try {
      if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(pid), '/t', '/f']);
      else process.kill(-pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }
  sweep();
  process.exit(0);
}
