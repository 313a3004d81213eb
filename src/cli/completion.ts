/** Scripts with which shells complete `scfws`, written from the table that parses it. */
import type { Command, Flag } from './commandTable';

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof shells)[number];

/** `eval "$(scfws completion bash)"`; in PowerShell `scfws completion powershell | Out-String | Invoke-Expression`. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      // zsh reads bash's way of completing, and lists files as it does.
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case 'fish':
      return fish(commands);
    case 'powershell':
      return powershell(commands);
  }
}

function shownFlags({ flags }: Command): [string, Flag][] {
  return Object.entries(flags).filter(([, { text }]) => text !== undefined);
}

function bash(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const cases = commands.map((each) => {
    const flags = shownFlags(each);
    const values = flags
      .filter(([, { choices }]) => choices !== undefined)
      .map(([name, { choices = [] }]) => `        --${name}) words='${choices.join(' ')}' ;;`);
    const own = [...(each.words ?? []), ...flags.map(([name]) => `--${name}`)].join(' ');
    return [
      `    ${each.name})`,
      `      words='${own}'`,
      ...(values.length === 0 ? [] : ['      case $before in', ...values, '      esac']),
      '      ;;',
    ].join('\n');
  });
  return `_scfws() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${names} --help --version'
  else
    case \${COMP_WORDS[1]} in
${cases.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o bashdefault -o default -F _scfws scfws
`;
}

function fish(commands: readonly Command[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap((each) => [
    `complete -c scfws -n __fish_use_subcommand -f -a ${each.name} -d ${quoted(each.text())}`,
    ...(each.words ?? []).map(
      (word) => `complete -c scfws -n '__fish_seen_subcommand_from ${each.name}' -f -a ${word}`,
    ),
    ...shownFlags(each).map(([name, { type, choices, text }]) => {
      const takes =
        type === 'boolean' ? '' : choices === undefined ? ' -r' : ` -x -a '${choices.join(' ')}'`;
      return `complete -c scfws -n '__fish_seen_subcommand_from ${each.name}' -l ${name}${takes} -d ${quoted(text?.() ?? '')}`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}

function powershell(commands: readonly Command[]): string {
  const list = (words: readonly string[]) => `@(${words.map((word) => `'${word}'`).join(', ')})`;
  const rows = commands.map(
    (each) =>
      `    '${each.name}' = ${list([...(each.words ?? []), ...shownFlags(each).map(([name]) => `--${name}`)])}`,
  );
  return `Register-ArgumentCompleter -Native -CommandName scfws -ScriptBlock {
  param($word, $line, $position)
  $known = @{
${rows.join('\n')}
  }
  $written = @($line.CommandElements | ForEach-Object { $_.ToString() })
  $words = if ($written.Count -gt 1 -and $known.ContainsKey($written[1]) -and $position -gt $line.CommandElements[1].Extent.EndOffset) {
    $known[$written[1]]
  } else {
    ${list([...commands.map(({ name }) => name), '--help', '--version'])}
  }
  $words | Where-Object { $_ -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}
