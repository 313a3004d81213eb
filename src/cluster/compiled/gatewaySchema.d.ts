/** The validators that the build compiles from schemas/gateway.schema.json into gatewaySchema.js, beside this file. */
import type { DefinedError } from 'ajv';

interface Validator {
  (value: unknown): boolean;
  /** Of the last call; null when the value was valid. */
  errors: DefinedError[] | null;
}

/** The whole file. */
export const validateGateway: Validator;
