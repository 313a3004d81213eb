/**
 * What can come between: frame breakpoints (a person holds a frame) and the fault lab (a seeded plan disturbs
 * frames, pushes and functions). Without either, every question here is answered with undefined at once.
 */
import type { Direction, FactOf } from '../../protocol/fact';
import type { FunctionRuntime, InvocationRequest, InvocationResult } from '../runtime/contract';

/** A data frame on its way. Text is a string, binary a Buffer. */
export interface PassingFrame {
  connection: string;
  direction: Direction;
  payload: string | Buffer;
  /** toServer: number of its frame fact; toClient: of the push that it came from. */
  seq: number;
  edited?: FactOf<'frame'>['edited'];
}

export interface Disturbances {
  /** Undefined: the frame goes on at once. Else the frames to go on with, in order; none: it was swallowed. */
  intercept(frame: PassingFrame): Promise<PassingFrame[]> | undefined;
  /** Something is kept back and will go on: a frame that a person holds, or that is to be overtaken or is late. */
  readonly holds: boolean;
  beforeRegister(connection: string): Promise<void> | undefined;
  /** Some invocations may end otherwise: then an event of a connection is not sent on before the one before it ended. */
  readonly disturbsFunctions: boolean;
  insteadOfInvocation(
    runtime: FunctionRuntime,
    request: InvocationRequest,
  ): Promise<InvocationResult> | undefined;
  /**
   * Resolves with the refusal of a push, or undefined when it only had to wait. `connection`: '' when there is none
   * of that id; `of`: who makes it, and the id as it was written.
   */
  insteadOfPush(
    connection: string,
    of: PushMaker,
  ): Promise<{ errNo: number; errMsg: string } | undefined> | undefined;
  readonly gates?: OrderGates;
}

/** What whoever decides an order needs besides; nobody else has these. */
export interface OrderGates {
  /** A push was carried out, or refused; its answer waits for this. */
  beforePushAnswer(of: PushMaker): Promise<void>;
  /** Register has answered; what that means for the connection waits for this. */
  afterRegister(connection: string): Promise<void>;
  /** A client left before its handshake was over. */
  leftHandshake(connection: string): void;
}

export interface PushMaker {
  /** null: none that is known. */
  invocation: string | null;
  /** The id that it is for. */
  id: string;
}

export const noDisturbances: Disturbances = {
  holds: false,
  intercept: () => undefined,
  beforeRegister: () => undefined,
  disturbsFunctions: false,
  insteadOfInvocation: () => undefined,
  insteadOfPush: () => undefined,
};
