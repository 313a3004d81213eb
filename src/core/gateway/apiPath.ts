/** Finds the API that a request path belongs to: `/<stage>/<path>`. */
import { type ServiceSpec, type Stage, stages } from '../../protocol/project';

export interface PathMatch {
  service: ServiceSpec;
  stage: Stage;
  parameters: Record<string, string>;
}

/**
 * Exact beats dynamic, dynamic beats prefix, and the longer template wins among equals (documented: `/p` is also
 * a prefix, `/p/{id}` is dynamic).
 */
export function matchPath(services: readonly ServiceSpec[], path: string): PathMatch | undefined {
  const [, stageName = '', ...rest] = path.split('/');
  const stage = stages.find((name) => name === stageName);
  if (stage === undefined) {
    return undefined;
  }
  const wanted = rest.map(decodeSegment);
  let best: { match: PathMatch; rank: number } | undefined;
  for (const service of services) {
    if (!service.stages.includes(stage)) {
      continue;
    }
    const fit = matchTemplate(service.path, wanted);
    if (fit !== undefined && (best === undefined || fit.rank > best.rank)) {
      best = { match: { service, stage, parameters: fit.parameters }, rank: fit.rank };
    }
  }
  return best?.match;
}

function matchTemplate(
  template: string,
  wanted: string[],
): { parameters: Record<string, string>; rank: number } | undefined {
  const parts = template.split('/').filter((part) => part !== '');
  const path = wanted.filter((part, index) => part !== '' || index < wanted.length - 1);
  if (path.length < parts.length) {
    return undefined;
  }
  const parameters: Record<string, string> = {};
  let dynamic = false;
  for (const [index, part] of parts.entries()) {
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name !== undefined) {
      dynamic = true;
      parameters[name] = path[index] ?? '';
    } else if (part !== path[index]) {
      return undefined;
    }
  }
  const exactLength = path.length === parts.length;
  return { parameters, rank: (exactLength ? (dynamic ? 2000 : 3000) : 1000) + parts.length };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
