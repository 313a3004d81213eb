/**
 * No reader of facts has a silent default: whoever adds a kind is asked by every reader whether it matters there. A
 * `switch` over kinds names them all, or says in its `default` which ones it leaves out (`leftOut<…>(fact)`, which the
 * compiler holds against the rest). An `if` chain over kinds without an `else` says neither: it is a `switch`, or several
 * questions.
 */

/** Only the kinds of facts have these among them. */
const marks = ['projectProblems', 'releasedFrame', 'diagnosticsCleared'];

export const factKinds = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      silent: 'Say in the default which kinds of facts are left out: leftOut<…>(fact).',
      chain: 'Use a switch over the kinds of facts, or separate questions.',
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    if (!services.program) {
      return {}; // Without types, nobody knows what is a kind.
    }
    const isKind = (node) => {
      const type = services.getTypeAtLocation(node);
      const values = type.isUnion() ? type.types.map(({ value }) => value) : [];
      return marks.every((mark) => values.includes(mark));
    };
    /** What a test compares with the name of a kind; undefined: nothing. */
    const askedIn = (test) => {
      if (test.type === 'LogicalExpression') {
        return askedIn(test.left) ?? askedIn(test.right);
      }
      const isComparison = test.type === 'BinaryExpression' && test.operator === '===';
      return isComparison && isKind(test.left) ? test.left : undefined;
    };
    return {
      SwitchStatement({ discriminant, cases }) {
        const silent = cases.find(({ test }) => test === null);
        if (silent !== undefined && isKind(discriminant)) {
          if (!context.sourceCode.getText(silent).includes('leftOut<')) {
            context.report({ node: silent, messageId: 'silent' });
          }
        }
      },
      IfStatement(node) {
        const { alternate, test } = node;
        if (alternate?.type !== 'IfStatement' || askedIn(test) === undefined) {
          return;
        }
        let last = alternate;
        while (last.alternate?.type === 'IfStatement') {
          last = last.alternate;
        }
        if (last.alternate === null && askedIn(alternate.test) !== undefined) {
          context.report({ node: alternate, messageId: 'chain' });
        }
      },
    };
  },
};
