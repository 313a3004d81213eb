/**
 * Every name that this code shares with package.json. A test compares the two, so a command without a
 * contribution, or a contribution without code, does not pass. Imports nothing of the editor for that reason.
 */
export const commands = {
  createProject: 'scfWebSocket.createProject',
  importProject: 'scfWebSocket.importProject',
  start: 'scfWebSocket.start',
  stop: 'scfWebSocket.stop',
  restart: 'scfWebSocket.restart',
  invoke: 'scfWebSocket.invoke',
  invokeWithEvent: 'scfWebSocket.invokeWithEvent',
  runAgain: 'scfWebSocket.runAgain',
  debugFunction: 'scfWebSocket.debugFunction',
  debugProject: 'scfWebSocket.debugProject',
  stopDebugging: 'scfWebSocket.stopDebugging',
  restartFunction: 'scfWebSocket.restartFunction',
  openHandler: 'scfWebSocket.openHandler',
  push: 'scfWebSocket.push',
  closeConnection: 'scfWebSocket.closeConnection',
  copyConnectionId: 'scfWebSocket.copyConnectionId',
  showConnection: 'scfWebSocket.showConnection',
  connectClient: 'scfWebSocket.connectClient',
  copyUrl: 'scfWebSocket.copyUrl',
  copyPushUrl: 'scfWebSocket.copyPushUrl',
  openTraffic: 'scfWebSocket.openTraffic',
  clearTraffic: 'scfWebSocket.clearTraffic',
  showLog: 'scfWebSocket.showLog',
  showFact: 'scfWebSocket.showFact',
  showInLog: 'scfWebSocket.showInLog',
  attachNode: 'scfWebSocket.attachNode',
  openLedger: 'scfWebSocket.openLedger',
  addFrameBreakpoint: 'scfWebSocket.addFrameBreakpoint',
  editFrameBreakpoints: 'scfWebSocket.editFrameBreakpoints',
  heldFrames: 'scfWebSocket.heldFrames',
  toggleInlineValues: 'scfWebSocket.toggleInlineValues',
  installLibrary: 'scfWebSocket.installLibrary',
  addTypes: 'scfWebSocket.addTypes',
  addFunction: 'scfWebSocket.addFunction',
  renameFunction: 'scfWebSocket.renameFunction',
  oneFunction: 'scfWebSocket.oneFunction',
  makeEvent: 'scfWebSocket.makeEvent',
  dryRun: 'scfWebSocket.dryRun',
  showOrphans: 'scfWebSocket.showOrphans',
  showMenu: 'scfWebSocket.showMenu',
  manageTrust: 'scfWebSocket.manageTrust',
  saveScenario: 'scfWebSocket.saveScenario',
  openTestRun: 'scfWebSocket.openTestRun',
  exploreOrders: 'scfWebSocket.exploreOrders',
  showStory: 'scfWebSocket.showStory',
  keepOrder: 'scfWebSocket.keepOrder',
  debugOrder: 'scfWebSocket.debugOrder',
  replay: 'scfWebSocket.replay',
  keepReplay: 'scfWebSocket.keepReplay',
  runLoad: 'scfWebSocket.runLoad',
} as const;

export const views = {
  container: 'scfWebSocket',
  functions: 'scfWebSocket.functions',
  connections: 'scfWebSocket.connections',
  traffic: 'scfWebSocket.traffic',
} as const;

/** The walkthrough of package.json; the editor opens it at the first step that is not done. */
export const walkthrough = 'scf-websocket.scf-websocket#start';

/** Webview panel type of "Open Traffic in Editor". */
export const trafficPanel = 'scfWebSocket.trafficPanel';

/** Webview panel type of a node's traffic. */
export const nodePanel = 'scfWebSocket.nodePanel';

/** Webview panel type of the fidelity ledger. */
export const ledgerPanel = 'scfWebSocket.ledgerPanel';

/** Webview panel type of the story of an order. */
export const storyPanel = 'scfWebSocket.storyPanel';

/** Webview panel type of a load. */
export const loadPanel = 'scfWebSocket.loadPanel';

/** Custom editors of recordings: our own files, and HAR files, which others may open as well. */
export const recordingEditors = {
  recording: 'scfWebSocket.recording',
  archive: 'scfWebSocket.archive',
} as const;

/** Keys for when-clauses. */
export const contexts = {
  /** The workspace holds at least one project. */
  hasProject: 'scfWebSocket.hasProject',
  /** Projects were looked for: only then is it known that there is none. */
  looked: 'scfWebSocket.looked',
  /** `stopped`, `starting`, `running` or `stopping`. */
  gateway: 'scfWebSocket.gateway',
  hasConnections: 'scfWebSocket.hasConnections',
  hasHeldFrames: 'scfWebSocket.hasHeldFrames',
  /** F5 may start our debugger: the active file (or, with none, the workspace) is a project without launch.json. */
  debugHere: 'scfWebSocket.debugHere',
  /** Our debugger runs, whichever of its sessions has the focus. */
  debugging: 'scfWebSocket.debugging',
  /** The active editor shows a file that holds a handler. */
  handlerEditor: 'scfWebSocket.handlerEditor',
} as const;

export const debugTypes = {
  container: 'scf-websocket',
  python: 'scf-websocket-python',
} as const;

/** Of the scenarios in the Test Explorer. */
export const testControllerId = 'scfWebSocket.scenarios';

/** Of our server for agents; the editor asks nothing where package.json and code differ. */
export const agentServerId = 'scfWebSocket.mcp';

/** Marks messages that tell of an order, for their menus. */
export const orderMessage = 'scfWebSocket.order';

export const settingsSection = 'scfWebSocket';

/** Settings below `scfWebSocket.`; `emulator.*` are the options of src/protocol/project.ts. */
export const settings = {
  port: 'port',
  pythonPath: 'pythonPath',
  nodePath: 'nodePath',
  allowedOrigins: 'allowedOrigins',
  autoStart: 'autoStart',
  codeLens: 'codeLens',
  inlineValues: 'inlineValues',
  maxFacts: 'traffic.maxFacts',
  memoryMb: 'traffic.memoryMB',
  redactionRules: 'redactionRules',
  agentsAllowRun: 'agents.allowRun',
  exploreSeconds: 'explore.seconds',
  exploreFaults: 'explore.faults',
} as const;

/** Of the two sides of a replay's diff: its menus know them by it. */
export const replayExtension = '.replay';

export const logChannelName = 'SCF WebSocket';
export const projectFileName = 'scfws.json';
