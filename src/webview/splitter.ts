/** The boundary between the list and the pane: how much of the page the list has. */
import type { InspectorModel } from './model';

/** Moves the boundary with the pointer; what it comes to is kept when the pointer lets go. */
export function dragSplitter(
  event: PointerEvent,
  layout: 'side' | 'stack',
  model: InspectorModel,
): void {
  const splitter = event.currentTarget as HTMLElement;
  const panes = splitter.parentElement!.getBoundingClientRect();
  event.preventDefault();
  splitter.focus();
  splitter.setPointerCapture(event.pointerId);
  const share = (next: PointerEvent) =>
    layout === 'side'
      ? (next.clientX - panes.left) / panes.width
      : (next.clientY - panes.top) / panes.height;
  let split = model.ui.split;
  const move = (next: PointerEvent) => {
    split = Math.min(0.85, Math.max(0.15, share(next)));
    splitter.parentElement!.style.setProperty('--split', `${split * 100}%`);
  };
  splitter.addEventListener('pointermove', move);
  splitter.addEventListener(
    'lostpointercapture',
    () => {
      splitter.removeEventListener('pointermove', move);
      model.update({ split });
    },
    { once: true },
  );
}

/** Moves the boundary with the arrow keys. */
export function nudgeSplitter(event: KeyboardEvent, model: InspectorModel): void {
  const step =
    event.key === 'ArrowLeft' || event.key === 'ArrowUp'
      ? -0.05
      : event.key === 'ArrowRight' || event.key === 'ArrowDown'
        ? 0.05
        : 0;
  if (step !== 0) {
    event.preventDefault();
    model.update({ split: Math.min(0.85, Math.max(0.15, model.ui.split + step)) });
  }
}
