/** What Node.js 18 lacks of the language's library, as far as the host's parts use it; put before all else. */
const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

type Missing = Record<string, (this: string) => unknown>;

const missing: Missing = {
  toWellFormed() {
    return this.replace(halves, '\ufffd');
  },
  isWellFormed() {
    return this.search(halves) < 0;
  },
};

for (const [name, value] of Object.entries(missing)) {
  if (!(name in String.prototype)) {
    Object.defineProperty(String.prototype, name, { value, writable: true, configurable: true });
  }
}
