/** The whole of what a fact previews. */
export interface RecordedPayload {
  data: string;
  encoding: 'text' | 'base64';
}
