import type { ServiceSpec } from '../../protocol/project';

/** Tells a gateway process which variables its functions are to have, as JSON: those of the flow, and the store. */
export const environmentVariable = 'SCFWS_FUNCTION_ENVIRONMENT';

/** The service with these variables in the environment of its functions; what a run changes of it is its own. */
export function withEnvironment(service: ServiceSpec, env: Record<string, string>): ServiceSpec {
  return {
    ...service,
    emulator: { ...service.emulator },
    functions: service.functions.map((each) => ({
      ...each,
      environment: { ...each.environment, ...env },
    })),
  };
}
