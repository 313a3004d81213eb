// In a file of its own, since the oldest Node.js cannot read it and never needs to.
'use strict';
exports.load = (url) => import(url);
