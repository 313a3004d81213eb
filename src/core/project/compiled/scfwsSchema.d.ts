/** The validators that the build compiles from schemas/scfws.schema.json into scfwsSchema.js, beside this file. */
import type { DefinedError } from 'ajv';

interface Validator {
  (value: unknown): boolean;
  /** Of the last call; null when the value was valid. */
  errors: DefinedError[] | null;
}

/** The whole file. */
export const validateProject: Validator;
/** Its member `emulator` alone. */
export const validateEmulator: Validator;
