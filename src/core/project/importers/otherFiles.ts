/** Files of other makers or for other purposes: what was seen, and what could be read instead. Pure. */
import * as l10n from '@vscode/l10n';
import { isRecord, recordOf, textOf } from './yamlText';

/** A template that holds no function of this vendor's; undefined for what is no template at all. */
export function otherTemplate(document: Record<string, unknown>): string | undefined {
  const types = Object.values(recordOf(document['Resources'])).map(
    (each) => textOf(recordOf(each)['Type']) ?? '',
  );
  const maker = types
    .map((type) => /^([A-Za-z]+)::/.exec(type)?.[1])
    .find((each) => each !== undefined);
  if (maker === 'TencentCloud') {
    return l10n.t(
      'This template describes {0}, and no function. What can be read: TencentCloud::Serverless::Function.',
      [...new Set(types)].join(', '),
    );
  }
  return maker === undefined
    ? undefined
    : l10n.t(
        'This template describes resources of {0} ({1}). What can be read: TencentCloud::Serverless::Function.',
        maker,
        [...new Set(types)].slice(0, 3).join(', '),
      );
}

/** A `serverless.yml` without functions of this vendor's. */
export function otherServerless(document: Record<string, unknown>): string {
  const readable = l10n.t(
    'What can be read: provider tencent, and the components scf, multi-scf, apigateway, websocket.',
  );
  const provider = providerOf(document);
  if (provider !== undefined && provider !== 'tencent') {
    return `${l10n.t('This file describes functions for the provider {0}.', provider)} ${readable}`;
  }
  const components = componentNames(document);
  const gateway = components.find((each) => /apigateway/.test(each));
  if (gateway !== undefined && components.length === 1) {
    return l10n.t(
      'This file describes a gateway only ({0}), and no function stands in the serverless.yml of a folder beside it. Import the folder that holds the functions, too.',
      gateway,
    );
  }
  if (components.length > 0) {
    return `${l10n.t(
      'This file describes {0}, which wraps functions of its own that cannot be seen here.',
      components.join(', '),
    )} ${readable}`;
  }
  return `${l10n.t('This file describes no function.')} ${readable}`;
}

/** `aws` of `provider: aws` and `provider: {name: aws}`. */
export function providerOf(document: Record<string, unknown>): string | undefined {
  const provider = document['provider'];
  return textOf(isRecord(provider) ? provider['name'] : provider);
}

function componentNames(document: Record<string, unknown>): string[] {
  const own = textOf(document['component']);
  const parts = Object.values(document).flatMap(
    (part) => textOf(recordOf(part)['component']) ?? [],
  );
  return [...new Set([...(own === undefined ? [] : [own]), ...parts])];
}
