/** Documents in HTML: what all pages have in common, and the page of the inspector. */

export interface DocumentParts {
  /** BCP 47. */
  language: string;
  title: string;
  /** Content security policy. */
  policy: string;
  /** Styles: markup, taken as it is. */
  head?: string;
  /** Markup, taken as it is. */
  body: string;
  /** Attributes of the body: markup, taken as it is. */
  attributes?: string;
}

export function htmlDocument(parts: DocumentParts): string {
  const { language, title, policy, head = '', body, attributes = '' } = parts;
  return `<!DOCTYPE html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
${head}
</head>
<body${attributes === '' ? '' : ` ${attributes}`}>
${body}
</body>
</html>
`;
}

export interface PageParts {
  nonce: string;
  /** What the host calls its own origin in a content security policy. */
  cspSource: string;
  scriptUri: string;
  styleUri: string;
  /** BCP 47. */
  language: string;
  title: string;
}

/** Scripts need its nonce; nothing is fetched from anywhere but the host. */
export function inspectorPage(parts: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${parts.nonce}'`,
    `style-src ${parts.cspSource}`,
    `font-src ${parts.cspSource}`,
    // Small pictures inside the style sheets of the web components.
    'img-src data:',
  ].join('; ');
  return htmlDocument({
    language: parts.language,
    title: parts.title,
    policy,
    head: `<link rel="stylesheet" href="${escapeHtml(parts.styleUri)}">`,
    body: `<script nonce="${escapeHtml(parts.nonce)}" src="${escapeHtml(parts.scriptUri)}"></script>`,
  });
}

export function escapeHtml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}
