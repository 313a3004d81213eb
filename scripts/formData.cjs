// In the place of `form-data`, which axios asks for and which brings a table of all types of files: nothing here is sent
// in several parts, and Node.js has a class of its own for whoever wants one.
module.exports = globalThis.FormData;
