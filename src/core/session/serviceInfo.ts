/** What hosts are told of a service. */
import type { FunctionInfo, ServiceInfo } from '../../protocol/fact';
import { functionId, roles, type ServiceSpec } from '../../protocol/project';
import { handlerFile } from '../project/handlerFile';

export function serviceInfo({ spec }: { spec: ServiceSpec }, port: number): ServiceInfo {
  const urls = spec.stages.map((stage) => `ws://127.0.0.1:${port}/${stage}${spec.path}`);
  return {
    name: spec.name,
    folder: spec.folder,
    path: spec.path,
    url: urls[0] ?? '',
    urls,
    pushUrl: `http://127.0.0.1:${port}/${spec.pushKey}`,
    functions: spec.functions.map((each): FunctionInfo => {
      return {
        function: functionId(spec.name, each.name),
        name: each.name,
        roles: roles.filter((role) => spec.roles[role] === each.name),
        runtime: each.runtime,
        family: each.family,
        folder: each.folder,
        handler: each.handler,
        file: handlerFile(each),
        ...(each.build?.folder === undefined ? {} : { buildFolder: each.build.folder }),
        timeout: each.timeout,
        memory: each.memory,
      };
    }),
  };
}
