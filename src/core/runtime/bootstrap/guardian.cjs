// Outlives the session process by one moment: when its stdin ends, however the session died, it kills the
// handlers' process groups that are left. Lines in: `+<pid>` guard, `-<pid>` forget.
'use strict';
const { spawnSync } = require('child_process');

const groups = new Set();
let rest = '';

process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const pid = Number(line.slice(1));
    if (line[0] === '+' && pid > 1) groups.add(pid);
    else groups.delete(pid);
  }
});
process.stdin.on('error', end);
process.stdin.on('end', end);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {}); // Meant for the session; its end is ours.
}

function end() {
  for (const pid of groups) {
    try {
      if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(pid), '/t', '/f']);
      else process.kill(-pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }
  process.exit(0);
}
