// What is told once is told again when other code serves: its finding went with the code that it was about.
import assert from 'node:assert/strict';
import type { Connection } from '../../../src/core/gateway/connection';
import { GatewayFacts } from '../../../src/core/gateway/gatewayFacts';
import type { Fact, FactBody } from '../../../src/protocol/fact';

describe('a finding that would repeat with every message', () => {
  it('is told once for each version of the function, and again for a function that was replaced', () => {
    const told: FactBody[] = [];
    const facts = new GatewayFacts((body) => told.push(body) as unknown as Fact);
    let runtime = { id: 'chat/Transmission', version: 1 };
    const connection = {
      id: 'c',
      service: { runtimeOf: () => runtime },
    } as unknown as Connection;
    const tell = () =>
      facts.tellOnce(connection, 'transfer', {
        rule: 'integration.invalid',
        severity: 'error',
        message: 'wrong',
        advice: 'right',
      });
    tell();
    tell();
    assert.equal(told.length, 1);
    runtime.version = 2;
    tell();
    tell();
    assert.equal(told.length, 2);
    runtime = { ...runtime };
    tell();
    assert.equal(told.length, 3);
  });
});
