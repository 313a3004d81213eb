// What the table of commands promises: help, completion, examples and pasted commands.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { commands } from '../../../src/cli/commands';
import { completionScript, shells } from '../../../src/cli/completion';
import { helpOf, overview } from '../../../src/cli/help';
import { pasteable } from '../../../src/core/pasteable';

const program = path.resolve('dist/cli.js');

describe('the table of commands', () => {
  it('names every command in the overview, and every shown flag in its help', () => {
    const all = overview(commands);
    for (const command of commands) {
      assert.ok(all.includes(`scfws ${command.name} `), command.name);
      const help = helpOf(command);
      for (const [name, flag] of Object.entries(command.flags)) {
        assert.equal(
          help.includes(`--${name}`),
          flag.text !== undefined,
          `${command.name} ${name}`,
        );
        if (flag.text !== undefined && flag.initial !== undefined) {
          assert.ok(help.includes(`Default: ${flag.initial}.`), `${command.name} ${name}`);
        }
      }
      assert.ok(help.includes(`Example: scfws ${command.example}`));
    }
  });

  it('has examples that are written as their command is', () => {
    for (const { name, example, flags } of commands) {
      assert.ok(example === name || example.startsWith(`${name} `), example);
      for (const [, flag = ''] of example.matchAll(/--([\w-]+)/g)) {
        assert.ok(Object.hasOwn(flags, flag), example);
      }
    }
  });

  it('refuses an argument too many, as a comment is to an interactive zsh, and does nothing', async () => {
    const limited = commands.filter(({ synopsis }) => !synopsis.includes('…'));
    assert.ok(limited.length > 10);
    for (const command of limited) {
      const words = ['one', 'two', '#', 'told', 'here'];
      const run = async (): Promise<number> => command.run(words);
      await assert.rejects(run, { code: 'usage' }, command.name);
    }
    assert.ok(!fs.existsSync('one'));
  });

  it('is completed by bash: commands, flags, and the values of a flag', () => {
    const script = completionScript('bash', commands);
    const complete = (...words: string[]) =>
      execFileSync('bash', [
        ...[
          '-c',
          `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _scfws; echo "\${COMPREPLY[@]}"`,
        ],
        ...['bash', ...words],
      ])
        .toString()
        .trim()
        .split(' ');
    assert.deepEqual(complete('scfws', 'ser'), ['serve']);
    assert.deepEqual(complete('scfws', 'new', '--la'), ['--language']);
    assert.deepEqual(complete('scfws', 'new', '--language', 'python'), ['python', 'python2']);
    assert.deepEqual(complete('scfws', 'completion', 'f'), ['fish']);
    assert.ok(!complete('scfws', 'serve', '--').includes('--stdio'), 'not for people');
  });

  for (const shell of shells) {
    it(`${shell}: every command and shown flag is in the script`, () => {
      const script = completionScript(shell, commands);
      for (const { name, flags } of commands) {
        assert.ok(script.includes(name));
        for (const [flag, { text }] of Object.entries(flags)) {
          assert.ok(text === undefined || script.includes(flag), `${name} --${flag}`);
        }
      }
    });
  }
});

describe('commands that people are shown', () => {
  it('give back their words when they are pasted', () => {
    const hard = ['a 项目', "it's", '$HOME', 'a"b', '`id`', '*', 'plain-1.2_3', '项目', '~', ''];
    const shell = process.platform === 'win32' ? undefined : 'sh';
    for (const word of shell === undefined ? [] : hard) {
      const echoed = spawnSync('sh', ['-c', pasteable('printf', '%s', word)], { encoding: 'utf8' });
      assert.equal(echoed.stdout, word);
    }
    assert.equal(pasteable('scfws', 'serve', './chat-1'), 'scfws serve ./chat-1');
  });

  it('what `new` prints in a folder with a space starts that project', function () {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-paste-'));
    try {
      const run = (...args: string[]) =>
        spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8' });
      const made = run('new', 'a 项目', '--language', 'javascript', '--locale', 'en');
      const [, printed = ''] = /Start it with: (.*)/.exec(made.stdout) ?? [];
      assert.match(printed, /^scfws serve /);
      const pasted = printed.replace(/^scfws serve/, 'scfws invoke') + ' Register';
      const script = `scfws() { "${process.execPath}" "${program}" "$@"; }\n${pasted}`;
      const { stdout, status, stderr } = spawnSync('sh', ['-c', script], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      assert.equal((JSON.parse(stdout) as { errNo: number }).errNo, 0);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
