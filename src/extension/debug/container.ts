/**
 * The debug session that a person starts and stops. It runs no code itself: it makes functions debuggable and
 * has a child session for each of their processes. Ending it ends those and leaves the gateway as it is.
 */
import * as vscode from 'vscode';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { sentenceOf } from '../../core/errors';
import { Cancelled } from '../commands/register';

export interface ContainerHost {
  /** Resolves when the functions can be debugged; rejects with a sentence for the person. */
  begin(container: Container): Promise<void>;
  end(container: Container): Promise<void>;
}

export class Container implements vscode.DebugAdapter {
  private readonly sent = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
  readonly onDidSendMessage = this.sent.event;
  private seq = 1;
  private ended = false;

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
  say(text: string, category: 'console' | 'important' | 'stderr' = 'console'): void {
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
        });
        return;
      case 'launch':
      case 'attach':
        this.emit('initialized', {});
        try {
          await this.host.begin(this);
          this.respond(request, {});
        } catch (error) {
          this.refuse(request, sentenceOf(error), !(error instanceof Cancelled));
          this.terminate();
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

  private refuse(request: DebugProtocol.Request, sentence: string, showUser: boolean): void {
    this.send({
      type: 'response',
      request_seq: request.seq,
      command: request.command,
      success: false,
      message: sentence,
      body: { error: { id: 1, format: '{sentence}', variables: { sentence }, showUser } },
    });
  }

  private emit(event: string, body: unknown): void {
    this.send({ type: 'event', event, body });
  }

  private send(message: object): void {
    this.sent.fire({ seq: this.seq++, ...message });
  }
}
