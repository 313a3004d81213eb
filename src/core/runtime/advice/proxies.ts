/** Requests that an HTTP client handed to a proxy, which refused them or is not there: pushes above all. */
import * as l10n from '@vscode/l10n';
import type { FunctionSpec } from '../../../protocol/project';
import { sentences } from '../../errors';
import type { Proxied } from '../channel/channel';
import type { Advised } from './about';

export function explainProxy(proxied: Proxied, spec: FunctionSpec): Advised {
  return proxied.push
    ? { rule: 'push.proxy', message: ofPush(proxied, spec), advice: aroundIt(proxied, spec) }
    : { rule: 'error.430', message: ofRequest(proxied, spec), advice: throughIt(proxied, spec) };
}

function ofPush({ proxy = '', status }: Proxied, { name }: FunctionSpec): string {
  if (status === undefined) {
    return proxy === ''
      ? l10n.t(
          '{0}: the push went to a proxy instead of to the gateway, and the proxy cannot be reached.',
          name,
        )
      : l10n.t(
          '{0}: the push went to the proxy {1} instead of to the gateway, and the proxy cannot be reached.',
          ...[name, proxy],
        );
  }
  return proxy === ''
    ? l10n.t('{0}: the push went to a proxy instead of to the gateway: status {1}.', name, status)
    : l10n.t(
        '{0}: the push went to the proxy {1} instead of to the gateway: status {2}.',
        ...[name, proxy, status],
      );
}

function ofRequest({ proxy = '', status }: Proxied, { name }: FunctionSpec): string {
  if (status === undefined) {
    return proxy === ''
      ? l10n.t('{0}: a request went to a proxy that cannot be reached.', name)
      : l10n.t('{0}: a request went to the proxy {1}, which cannot be reached.', name, proxy);
  }
  return proxy === ''
    ? l10n.t('{0}: a proxy refused a request with status {1}.', name, status)
    : l10n.t('{0}: the proxy {1} refused a request with status {2}.', ...[name, proxy, status]);
}

/** The address of the push is on this machine: what leads to a proxy has to go. */
function aroundIt({ variable }: Proxied, spec: FunctionSpec): string {
  const own = Object.keys(spec.environment).find(
    (name) => /^no_proxy$/i.test(name) && !spec.environment[name]?.includes('127.0.0.1'),
  );
  const option =
    spec.family === 'python'
      ? l10n.t(
          'Where it pushes, take the proxy out: "proxies" and "proxy" of the client, "ProxyHandler", "set_tunnel"; a session of requests also with {0}.',
          'trust_env = False',
        )
      : l10n.t(
          'Where it pushes, take the proxy out: "proxy", "agent" and "dispatcher" of the client; axios: {0}.',
          'proxy: false',
        );
  if (variable === undefined) {
    return sentences(l10n.t('An option of the HTTP client leads there.'), option);
  }
  return own === undefined
    ? sentences(
        l10n.t(
          '{0} has this proxy, and the client was handed it although NO_PROXY names the gateway.',
          variable,
        ),
        option,
      )
    : l10n.t(
        '{0} leads there, and {1} in "environment" of scfws.json does not name the gateway: add 127.0.0.1 to it.',
        variable,
        own,
      );
}

/** The request is meant for elsewhere, and may need the proxy. */
function throughIt({ variable, status }: Proxied, spec: FunctionSpec): string {
  if (variable === undefined) {
    return l10n.t(
      'An option of the HTTP client leads there: correct it, with user and password where the proxy wants them, or take it out.',
    );
  }
  const isOwn = spec.environment[variable] !== undefined;
  const where = isOwn
    ? l10n.t('{0} in "environment" of scfws.json leads there.', variable)
    : l10n.t('{0} of your machine leads there; the cloud has no such variable.', variable);
  return sentences(
    where,
    status === 407
      ? l10n.t(
          'Write user and password into it (http://user:password@host:port), or the host that is meant into NO_PROXY.',
        )
      : l10n.t('Correct it, or write the host that is meant into NO_PROXY.'),
  );
}
