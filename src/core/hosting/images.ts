/** Where the platform's images have their interpreters (the vendor's page on scf_bootstrap, 583/56126). */
export type HostLanguage = 'node' | 'python';

interface Image {
  runtime: string;
  language: HostLanguage;
  version: string;
  program: string;
}

/** Oldest first. Python's host needs 3.6, that of Node.js 18 (older ones stop at reading sockets). */
export const images: readonly Image[] = [
  image('Python3.6', '/var/lang/python3/bin/python3.6'),
  image('Python3.7', '/var/lang/python37/bin/python3.7'),
  image('Python3.9', '/var/lang/python39/bin/python3.9'),
  image('Python3.10', '/var/lang/python310/bin/python3.10'),
  image('Nodejs18.15', '/var/lang/node18/bin/node'),
  image('Nodejs20.19', '/var/lang/node20/bin/node'),
];

function image(runtime: string, program: string): Image {
  const [, name, version = ''] = /^([A-Za-z]+)(.*)$/.exec(runtime) ?? [];
  return { runtime, program, version, language: name === 'Python' ? 'python' : 'node' };
}

const taken: Record<HostLanguage, string> = { python: 'Python3.10', node: 'Nodejs18.15' };

/**
 * The image for functions of these versions (undefined: they name none): the newest that one of them names, where each
 * has an image; else the one that is taken without a wish, and `instead` has what there is no image of.
 */
export function imageFor(
  language: HostLanguage,
  versions: readonly (string | undefined)[],
): { image: Image; instead: string[] } {
  const own = images.filter((each) => each.language === language);
  const named = [...new Set(versions.filter((each) => each !== undefined))];
  const indexOf = (version: string): number =>
    own.findIndex((each) => samePlace(language, each.version, version));
  const best = Math.max(-1, ...named.map(indexOf));
  const fallback = own.find(({ runtime }) => runtime === taken[language]) as Image;
  return {
    image: own[best] ?? fallback,
    instead: named.filter((version) => indexOf(version) < 0 || indexOf(version) < best),
  };
}

/** Of Node.js the major version counts. */
function samePlace(language: HostLanguage, a: string, b: string): boolean {
  return language === 'python' ? a === b : a.split('.')[0] === b.split('.')[0];
}
