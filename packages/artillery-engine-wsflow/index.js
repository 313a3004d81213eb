// An engine of Artillery: a virtual user goes through a scenario of a *.wsflow.yaml file, the one that is also a test.
'use strict';

const path = require('node:path');

/** What `scfws` exports; tests give their own. */
const load = (name = 'scfws') => require(name);

class WsflowEngine {
  /**
   * @param script the test script of Artillery
   * @param events where metrics go
   * @param helpers of Artillery; not needed
   */
  constructor(script, events, helpers, readUsers = (file) => load().readUsers(file)) {
    this.config = script.config ?? {};
    this.options = this.config.engines?.wsflow ?? {};
    this.readUsers = readUsers;
    /** Flows by their path: each is read once in a worker. */
    this.flows = new Map();
  }

  /** A function that Artillery calls for each virtual user. */
  createScenario(spec, events) {
    const steps = (spec.flow ?? []).map((step) => this.stepOf(step));
    return (context, callback) => {
      events.emit('started');
      void (async () => {
        for (const step of steps) await step(context, events);
      })().then(
        () => callback(null, context),
        (error) => {
          events.emit('error', error.code ?? error.message);
          callback(error, context);
        },
      );
    };
  }

  stepOf(step) {
    if (typeof step?.wsflow === 'string') return this.flowStep(step.wsflow, step.scenario);
    if (step?.think !== undefined) return thinkStep(step.think);
    throw new Error(
      `The engine wsflow knows the steps "wsflow: file" and "think: seconds", not ${JSON.stringify(step)}.`,
    );
  }

  flowStep(name, scenario) {
    return async (context, events) => {
      // Beside the script, where Artillery tells its folder.
      const file = path.resolve(context.vars?.$dirname ?? '', name);
      if (!this.flows.has(file)) this.flows.set(file, this.readUsers(file));
      const users = await this.flows.get(file);
      const chosen = scenario === undefined ? users.scenarios : [scenario].flat();
      for (const each of chosen) {
        const { limit } = this.options;
        const report = await users.run(each, {
          url: context.vars?.target ?? this.config.target,
          vars: ownVariables(context.vars),
          ...(limit === undefined ? {} : { limit: Number(limit) * 1000 }),
        });
        events.emit('counter', 'wsflow.scenarios', 1);
        events.emit('counter', 'wsflow.messages_sent', report.sent);
        events.emit('counter', 'wsflow.messages_expected', report.expected);
        events.emit('counter', 'wsflow.messages_received', report.received);
        events.emit('rate', 'wsflow.message_rate');
        for (const latency of report.latencies) {
          events.emit('histogram', 'wsflow.response_time', latency);
        }
        if (report.error !== undefined) throw new Error(`${each}: ${report.error}`);
      }
    };
  }
}

/** What the script's `variables` and `payload` give; Artillery's own begin with $, or name the target. */
function ownVariables(vars = {}) {
  return Object.fromEntries(
    Object.entries(vars).filter(([name]) => /^[A-Za-z_]\w*$/.test(name) && name !== 'target'),
  );
}

function thinkStep(seconds) {
  const ms = Number(seconds) * 1000;
  if (!(ms >= 0)) throw new Error(`"think" takes seconds, not ${JSON.stringify(seconds)}.`);
  return () => new Promise((resolve) => setTimeout(resolve, ms));
}

module.exports = WsflowEngine;
