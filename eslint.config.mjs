import tseslint from 'typescript-eslint';
import { factKinds } from './scripts/lint/factKinds.mjs';

/**
 * What each layer may reach. `layers`: the layers it may import (itself always). `packages`: the npm packages it may
 * import, or 'any'. `node`: whether Node's own modules are there at run time. `vscode` is for the extension alone.
 */
export const layers = {
  protocol: { layers: [], packages: [], node: false, vscode: false },
  core: { layers: ['protocol'], packages: 'any', node: true, vscode: false },
  api: { layers: ['protocol', 'core'], packages: 'any', node: true, vscode: false },
  mcp: { layers: [], packages: 'any', node: true, vscode: false },
  conformance: { layers: ['protocol', 'core'], packages: 'any', node: true, vscode: false },
  cluster: { layers: ['protocol', 'core'], packages: 'any', node: true, vscode: false },
  webFunction: { layers: ['protocol', 'core'], packages: 'any', node: true, vscode: false },
  cli: { layers: ['protocol', 'core', 'mcp'], packages: 'any', node: true, vscode: false },
  extension: { layers: ['protocol', 'core'], packages: 'any', node: true, vscode: true },
  webview: {
    layers: ['protocol'],
    packages: [
      'lit',
      '@vscode-elements/elements',
      '@vscode/codicons',
      '@vscode/l10n',
      '@msgpack/msgpack',
      'cborg',
    ],
    node: false,
    vscode: false,
  },
};

const escape = (text) => text.replaceAll('.', '\\.').replaceAll('/', '\\/');

/** A regular expression for the module names that a layer may not import, and why. */
function forbidden(name) {
  const { layers: allowed, packages, node, vscode } = layers[name];
  const others = Object.keys(layers).filter((other) => other !== name && !allowed.includes(other));
  const rules = [
    {
      regex: `^(\\.\\.?\\/)+(src\\/)?(${others.join('|')})(\\/|$)`,
      message: `The layer ${name} may import from: ${[name, ...allowed].join(', ')}.`,
    },
    {
      regex: '^(\\.\\.?\\/)+(test|scripts|dist|out)(\\/|$)',
      message: 'Sources import only sources.',
    },
  ];
  if (!vscode) {
    rules.push({
      regex: '^vscode$',
      message: `Only the extension knows the editor; ${name} runs without it.`,
    });
  }
  if (!node) {
    rules.push({ regex: '^node:', message: `${name} runs where there is no Node.js.` });
  }
  if (packages !== 'any') {
    const known = packages.map((each) => `${escape(each)}(\\/|$)`);
    rules.push({
      regex: `^(?!${['\\.', 'node:', 'vscode$', ...known].join('|')})`,
      message: `The layer ${name} may import the packages: ${packages.join(', ') || 'none'}.`,
    });
  }
  return rules;
}

/** The same rules for `import()`, and no `require` at all; both go unseen by no-restricted-imports. */
function dynamicImports(name) {
  const literal = forbidden(name).map(({ regex, message }) => ({
    // A selector's own regular expressions end at the first slash, escaped or not.
    selector: `ImportExpression[source.value=/${regex.replaceAll('\\/', '\\u002F')}/]`,
    message,
  }));
  return [
    ...literal,
    {
      selector: "ImportExpression:not([source.type='Literal'])",
      message: 'A computed import hides what a layer reaches.',
    },
    { selector: "CallExpression[callee.name='require']", message: 'Use import.' },
    { selector: "Identifier[name='createRequire']", message: 'Use import.' },
    { selector: 'TSImportEqualsDeclaration', message: 'Use import.' },
    { selector: 'ExportDefaultDeclaration', message: 'Exports have names.' },
  ];
}

const layerRules = Object.keys(layers).map((name) => ({
  files: [`src/${name}/**/*.ts`],
  rules: {
    'no-restricted-imports': ['error', { patterns: forbidden(name) }],
    'no-restricted-syntax': ['error', ...dynamicImports(name)],
  },
}));

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'out/',
      'node_modules/',
      '.vscode-test/',
      'sample/',
      'coverage/',
      'src/core/project/compiled/*.js',
      'src/cluster/compiled/*.js',
      // Run by the user's interpreter, written as users will see it; checked by the tests that run them.
      'src/core/scaffold/templates/',
      'test/fixtures/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    extends: [tseslint.configs.recommended],
    plugins: { facts: { rules: { kinds: factKinds } } },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'off',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  { files: ['src/**/*.ts'], rules: { 'facts/kinds': 'error' } },
  ...layerRules,
  {
    files: ['**/*.{js,cjs,mjs}'],
    rules: {
      eqeqeq: 'error',
      'no-undef': 'off',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    // What Node.js 10 reads.
    files: ['src/core/runtime/bootstrap/node/*.cjs'],
    ignores: ['**/esm.cjs'],
    languageOptions: { ecmaVersion: 2019 },
  },
);
