/** Steps of nobody in particular: a push from outside, the clock, faults, settings. */
import http from 'node:http';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { readExact, writeJson } from '../../../protocol/json';
import { planOfPreset } from '../../../protocol/faultPresets';
import { UserError } from '../../errors';
import { parseDuration, type Step } from '../flow';
import { isRecord } from '../schema';
import { emulatorOf, type Scene, StepFailed } from '../scene';
import { wholeOf } from './payload';

/** Over HTTP, as another server makes it. */
export async function push(scene: Scene, step: Step): Promise<void> {
  const { to, data, close, errNo: wanted = 0 } = scene.valueOf(step) as Record<string, unknown>;
  const { pushUrl, emulator } = scene.place;
  if (pushUrl === undefined) {
    throw new StepFailed({
      message: l10n.t('The push address of this gateway is not known.'),
      nextStep: l10n.t('Give it with --push.'),
    });
  }
  const name = String(to);
  const id = emulator?.witness.connectionOf(name)?.id;
  if (id === undefined && scene.actors.has(name)) {
    throw new StepFailed({
      message: l10n.t('The connection id of {0} is not known here.', name),
      nextStep: l10n.t('Let the functions tell it, and capture it: to: "${id}".'),
    });
  }
  const payload = close === true ? '' : wholeOf(data, path.dirname(step.place.file));
  const isBinary = typeof payload !== 'string';
  const websocket =
    close === true
      ? { action: 'closing', secConnectionID: id ?? name }
      : {
          action: 'data send',
          secConnectionID: id ?? name,
          dataType: isBinary ? 'binary' : 'text',
          data: isBinary ? payload.toString('base64') : payload,
        };
  const body = await post(pushUrl, JSON.stringify({ websocket }));
  const answer = readExact(body)?.value;
  const errNo = isRecord(answer) ? answer['errNo'] : undefined;
  if (errNo !== wanted) {
    throw new StepFailed({
      message: l10n.t('The push was answered otherwise.'),
      expected: `errNo ${String(wanted)}`,
      got: body,
    });
  }
}

function post(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        response.on('error', reject);
      },
    );
    request.on('error', (error) =>
      reject(
        new StepFailed({
          message: l10n.t('The push address cannot be reached: {0}', error.message),
        }),
      ),
    );
    request.end(body);
  });
}

export async function advance(scene: Scene, step: Step): Promise<void> {
  const { session } = emulatorOf(scene);
  const ms = parseDuration(scene.valueOf(step));
  if (ms === undefined) {
    throw new StepFailed({
      message: l10n.t('{0} is not a time.', writeJson(scene.valueOf(step))),
    });
  }
  if (scene.place.conductor === undefined) {
    await scene.place.begun?.(scene.actors.values());
  }
  await asStep(() => session.intents.advanceClock({ ms }));
}

export async function faults(scene: Scene, step: Step): Promise<void> {
  const { session } = emulatorOf(scene);
  const value = scene.valueOf(step);
  const plan = typeof value === 'string' ? planOfPreset(value, 1) : value;
  if (value !== 'off' && plan === undefined) {
    throw new StepFailed({ message: l10n.t('There is no preset {0} of faults.', String(value)) });
  }
  const asked = value === 'off' ? null : { seed: 1, ...(plan as object) };
  await asStep(() => session.intents.setFaults({ faults: asked as never }));
}

export async function options(scene: Scene, step: Step): Promise<void> {
  const { session } = emulatorOf(scene);
  const emulator = scene.valueOf(step) as object;
  const [service] = session.services;
  await asStep(() => session.intents.setOptions({ service: service?.name ?? '', emulator }));
}

export function set(scene: Scene, step: Step): void {
  scene.keep(scene.valueOf(step) as Record<string, unknown>);
}

/** What a person wrote wrongly fails the step, with its next step. */
async function asStep(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof UserError) {
      const { message, nextStep } = error;
      throw new StepFailed({ message, ...(nextStep === undefined ? {} : { nextStep }) });
    }
    throw error;
  }
}
