/** Handlers that are there, and that no call can get an answer from. */
import * as l10n from '@vscode/l10n';
import type { FunctionSpec } from '../../../protocol/project';
import type { SourcePlace } from '../../../protocol/fact';
import { handlerFile } from '../../project/handlerFile';
import { findHandler } from '../../project/handlerPlace';
import type { HandlerForm } from '../channel/channel';
import type { Advised } from './about';
import { isBelow } from './pythonVersions';
import { sourceOf } from './source';

/** `version`: of the interpreter that runs the handler. */
export function explainForm(form: HandlerForm, spec: FunctionSpec, version?: string): Advised {
  const isPython = spec.family === 'python';
  const entry = spec.handler.slice(spec.handler.lastIndexOf('.') + 1);
  switch (form) {
    case 'async':
      return {
        rule: 'error.unserialisable',
        message: l10n.t(
          '{0} is an async function, which the Python runtime does not await.',
          spec.name,
        ),
        advice: l10n.t('Make the handler a plain function that calls {0}.', runner(spec, version)),
      };
    case 'awaitable':
      return {
        rule: 'error.unserialisable',
        message: l10n.t(
          '{0} answers with something to await, and the Python runtime does not await it.',
          spec.name,
        ),
        advice: l10n.t('Let the handler run it: {0}.', `return ${runner(spec, version)}`),
      };
    case 'generator':
      return {
        rule: isPython ? 'error.unserialisable' : 'runtime.node-empty-loop',
        message: l10n.t('{0} is a generator: a call runs nothing of its code.', spec.name),
        advice: isPython
          ? l10n.t('Write return instead of yield, or move what yields into a function of its own.')
          : l10n.t(
              'Take the * away and write return instead of yield, or move what yields into a function of its own.',
            ),
      };
    case 'class':
      return {
        rule: isPython ? 'error.unserialisable' : 'error.430',
        message: l10n.t('{0} is a class, and a handler is called as a function.', spec.name),
        advice: l10n.t(
          'Write a function that makes an object of it and calls that, and name the function in "handler" of scfws.json: {0}',
          isPython
            ? `def call(event, context): return ${entry}().…(event, context)`
            : `exports.call = (event, context) => new ${entry}().…(event, context);`,
        ),
      };
    case 'value':
      return {
        rule: 'error.437',
        message: l10n.t('{0}: {1} is no function and cannot be called.', spec.name, entry),
        advice: isPython
          ? l10n.t('Define it: "{0}".', `def ${entry}(event, context):`)
          : l10n.t('Export a function: "{0}".', `exports.${entry} = async (event, context) => …`),
      };
    case 'arguments':
      return {
        rule: 'error.430',
        message: l10n.t('{0} does not take what a handler is called with.', spec.name),
        advice: l10n.t(
          'A handler is called with two arguments: write "{0}".',
          `def ${entry}(event, context):`,
        ),
      };
  }
}

/** What runs a coroutine; `asyncio.run` is there from 3.7 on. */
function runner(spec: FunctionSpec, version = spec.runtimeVersion): string {
  return version !== undefined && isBelow(version, '3.7')
    ? 'asyncio.get_event_loop().run_until_complete(…)'
    : 'asyncio.run(…)';
}

export function placeOfHandler(spec: FunctionSpec): SourcePlace {
  const file = handlerFile(spec);
  return { file, line: (findHandler(sourceOf(file), spec.handler, spec.family)?.line ?? 0) + 1 };
}
