import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Version (`2.7`) → program, for each Python that this machine has. */
export function pythons(): Map<string, string> {
  const programs = ['python2.7', 'python3'];
  const pyenv = path.join(
    process.env['PYENV_ROOT'] ?? path.join(os.homedir(), '.pyenv'),
    'versions',
  );
  if (fs.existsSync(pyenv)) {
    programs.push(...fs.readdirSync(pyenv).map((name) => path.join(pyenv, name, 'bin', 'python')));
  }
  const found = new Map<string, string>();
  for (const program of programs) {
    try {
      const question = 'import sys; print("%d.%d" % sys.version_info[:2])';
      const version = execFileSync(program, ['-c', question], { encoding: 'utf8', stdio: 'pipe' });
      found.set(version.trim(), program);
    } catch {
      continue; // A shim without a version behind it, or no such program.
    }
  }
  return found;
}
