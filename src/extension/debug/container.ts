/**
 * The debug session that a person starts and stops. It runs no code itself: it makes functions debuggable and
 * has a child session for each of their processes. Ending it ends those and leaves the gateway as it is.
 */
import * as vscode from 'vscode';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { sentenceOf } from '../../core/errors';

export interface ContainerHost {
  /** Resolves when the functions can be debugged; rejects with a sentence for the person. */
  begin(container: Container): Promise<void>;
  /** Resolves when all of it is debugged anew. */
  restart(container: Container): Promise<void>;
  /** Tells the person why it could not begin. */
  explain(container: Container, error: unknown): void;
  end(container: Container): Promise<void>;
}

export class Container implements vscode.DebugAdapter {
  private readonly sent = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
  readonly onDidSendMessage = this.sent.event;
  private seq = 1;
  private ended = false;
  private begun: Promise<void> = Promise.resolve();
  private restarting: Promise<void> | undefined;

  constructor(
    readonly session: vscode.DebugSession,
    private readonly host: ContainerHost,
  ) {}

  handleMessage(message: vscode.DebugProtocolMessage): void {
    const request = message as DebugProtocol.Request;
    if (request.type === 'request') {
      void this.answer(request);
    }
  }

  /** A line in the debug console. */
  say(text: string, category: 'console' | 'important' | 'stdout' | 'stderr' = 'console'): void {
    this.emit('output', { category, output: `${text}\n` });
  }

  /** Ends the session from our side: the gateway stopped, or a child was stopped by the person. */
  terminate(): void {
    if (!this.ended) {
      this.emit('terminated', {});
    }
  }

  dispose(): void {
    void this.finish();
  }

  private async answer(request: DebugProtocol.Request): Promise<void> {
    switch (request.command) {
      case 'initialize':
        this.respond(request, {
          supportsConfigurationDoneRequest: true,
          supportsTerminateRequest: true,
          supportsRestartRequest: true,
        });
        return;
      case 'launch':
      case 'attach':
        this.emit('initialized', {});
        this.begun = this.host.begin(this);
        try {
          await this.begun;
          this.respond(request, {});
        } catch (error) {
          this.fail(request, error);
        }
        return;
      case 'restart':
        // Asked twice in a row, it is done once more at most.
        this.restarting ??= this.begun
          .then(() => this.host.restart(this))
          .finally(() => (this.restarting = undefined));
        try {
          await this.restarting;
          this.respond(request, {});
        } catch (error) {
          this.fail(request, error);
        }
        return;
      case 'setBreakpoints': {
        const wanted =
          (request.arguments as DebugProtocol.SetBreakpointsArguments).breakpoints ?? [];
        // The children bind them; a breakpoint counts as bound when one session says so.
        this.respond(request, { breakpoints: wanted.map(() => ({ verified: false })) });
        return;
      }
      case 'threads':
        this.respond(request, { threads: [] });
        return;
      case 'terminate':
        this.respond(request, {});
        await this.finish();
        this.emit('terminated', {});
        return;
      case 'disconnect':
        await this.finish();
        this.respond(request, {});
        return;
      default:
        this.respond(request, {});
    }
  }

  private async finish(): Promise<void> {
    if (!this.ended) {
      this.ended = true;
      await this.host.end(this);
    }
  }

  private respond(request: DebugProtocol.Request, body: unknown): void {
    this.send({
      type: 'response',
      request_seq: request.seq,
      command: request.command,
      success: true,
      body,
    });
  }

  /** The editor's own box would offer to edit launch.json, where nothing is wrong. */
  private fail(request: DebugProtocol.Request, error: unknown): void {
    this.refuse(request, sentenceOf(error));
    if (!this.ended) {
      this.host.explain(this, error);
    }
    this.terminate();
  }

  private refuse(request: DebugProtocol.Request, sentence: string): void {
    this.send({
      type: 'response',
      request_seq: request.seq,
      command: request.command,
      success: false,
      message: sentence,
      body: { error: { id: 1, format: '{sentence}', variables: { sentence }, showUser: false } },
    });
  }

  private emit(event: string, body: unknown): void {
    this.send({ type: 'event', event, body });
  }

  private send(message: object): void {
    this.sent.fire({ seq: this.seq++, ...message });
  }
}
