export interface Server {
  readonly port: number;
  log(): string;
  /** The address of a window on a folder. */
  address(folder: string): string;
  dispose(): Promise<void>;
}
/** Starts a VS Code server with a connection token and the trust question. */
export function startServer(options: {
  readonly vsix?: string;
  readonly language?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<Server>;
/** Installs a packed extension; its files are then in a folder of <dataFolder>/extensions. */
export function installExtension(vsix: string, dataFolder: string): Promise<void>;
