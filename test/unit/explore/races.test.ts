/** Each of the seeded races is found, told and pinned; the same budget finds nothing in its correct twin. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { pinned } from '../../../src/core/explore/pin';
import { storyOf } from '../../../src/core/explore/story';
import { loadFlow } from '../../../src/core/scenario/loadFlows';
import { runFlows } from '../../../src/core/scenario/runFlows';
import { exploreFlow, type Kind, kinds, type Language, raceProject, toolchain } from './races';

/** What the story must say. */
const stories: Record<Kind, Record<Language, RegExp>> = {
  'speaks-early': {
    python:
      /^Transmission of bob began while Register of alice was running, after its push to bob\.$/,
    javascript:
      /^Transmission of alice (began|went on after its push to alice) while Register of alice was running, after its push to bob\.$/,
  },
  'leaves-in-register': {
    python: /^Delete of bob began while Register of alice was running/,
    javascript: /^Delete of alice began while Register of alice was running/,
  },
  'two-join': {
    python: /^Register of \w+ began (while|before) Register of \w+/,
    javascript: /^Register of \w+ began (while|before) Register of \w+/,
  },
  'push-meets-close': {
    python: /^bob left while Transmission of alice was running, before its push to bob arrived\.$/,
    javascript:
      /^bob left while Transmission of alice was running, before its push to bob arrived\.$/,
  },
  'delete-first': {
    python: /^Delete of bob began while Transmission of alice was running/,
    javascript: /^Delete of bob began while Transmission of bob was running/,
  },
  'dies-between': {
    python: /^The process of Transmission of alice died right (before|after) its push to bob\.$/,
    javascript:
      /^The process of Transmission of alice died right (before|after) its push to bob\.$/,
  },
};

async function outcomeOf(flow: string): Promise<{ passed: number; failed: number }> {
  return runFlows({
    from: [flow],
    ...toolchain,
    signal: new AbortController().signal,
    tell: () => undefined,
  });
}

/** Runs that find any of them. */
const runs = 30;

for (const kind of kinds) {
  for (const language of ['python', 'javascript'] as const) {
    describe(`the race ${kind} in ${language}`, function () {
      const faults = kind === 'dies-between';

      it('is found, shrunk, told and pinned', async () => {
        const project = raceProject(kind, language, 'race');
        try {
          const { plain, found } = await exploreFlow(project.flow, {
            ...{ runs, faults, workers: 1 },
            again: 0, // The pinned scenario is run below.
          });
          assert.equal(plain.outcome, 'passed');
          assert.ok(found !== undefined, 'found');
          const { deviations } = found.tried;
          assert.ok(deviations.length <= 3 && deviations.length > 0);
          const story = storyOf(deviations);
          assert.match(story.join(' '), stories[kind][language]);

          const [plan] = (await loadFlow(project.flow, project.folder)).plans;
          assert.ok(plan !== undefined);
          const file = path.join(project.folder, 'pinned', 'pinned.wsflow.yaml');
          const text = pinned(fs.readFileSync(project.flow, 'utf8'), plan, deviations, story, file);
          fs.mkdirSync(path.dirname(file));
          fs.writeFileSync(file, text);
          const { passed, failed } = await outcomeOf(file);
          assert.deepEqual({ passed, failed }, { passed: 0, failed: 1 });

          // The same order does the twin no harm.
          project.use('twin');
          const mended = await outcomeOf(file);
          assert.deepEqual([mended.passed, mended.failed], [1, 0]);
        } finally {
          project.dispose();
        }
      });
    });
  }
}
