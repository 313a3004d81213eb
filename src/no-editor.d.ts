// What 'vscode' is to every layer but the extension: nothing. Without this file the compiler would find @types/vscode.
export {};
