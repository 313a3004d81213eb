// Catches what leaves the user's code without a `catch` around it while a debugger is there: V8 predicts from the code on
// the stack whether an error will be caught, and stops only at one that nobody will. An `async` function that awaits, and
// a `finally` that returns, are no catchers to it.
'use strict';
const { types } = require('util');

async function enter(work, box) {
  box.value = work();
  box.returned = true;
}

async function leave(promise, fulfilled, rejected) {
  let value;
  let came = false;
  try {
    value = await promise;
    came = true;
  } finally {
    // The promise has the error still, and gives it to whoever asks for it now.
    if (!came) return void promise.then(undefined, rejected);
  }
  fulfilled(value);
}

/** Calls back at once with what was returned; after this turn, while debugged, with what was thrown. */
exports.attempt = (debugged, work, returned, failed) => {
  if (debugged) {
    const box = { value: undefined, returned: false };
    const entered = enter(work, box);
    if (box.returned) returned(box.value);
    else entered.then(undefined, failed);
    return;
  }
  let value;
  try {
    value = work();
  } catch (error) {
    failed(error);
    return;
  }
  returned(value);
};

exports.follow = (debugged, promise, fulfilled, rejected) => {
  if (debugged && types.isPromise(promise)) leave(promise, fulfilled, rejected);
  // What another thenable brings may be one again.
  else if (types.isPromise(promise)) promise.then(fulfilled, rejected);
  else Promise.resolve(promise).then(fulfilled, rejected);
};
