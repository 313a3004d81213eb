// The fidelity ledger in the real editor: one page, however often it is asked for.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { activate, run, until } from '../support';

const ledgerTabs = () =>
  vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(
      ({ input }) =>
        input instanceof vscode.TabInputWebview && input.viewType.includes(ids.ledgerPanel),
    );

describe('the fidelity ledger', () => {
  before(activate);

  after(() => vscode.window.tabGroups.close(ledgerTabs()));

  it('opens at the row of a finding, and is shown again instead of a second time', async () => {
    await run(ids.commands.openLedger, 'register.no-errno');
    await until('the page', () => ledgerTabs().some(({ isActive }) => isActive));
    await run(ids.commands.openLedger, 'push.9003');
    await run(ids.commands.openLedger);
    assert.equal(ledgerTabs().length, 1);
  });
});
