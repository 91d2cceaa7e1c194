/**
 * Whether a number may be among the largest `size` of a run of numbers, decided as they come: a heap of the largest so
 * far. Of equal numbers the earlier ones count.
 */
export class Top {
  readonly #size: number;
  /** Smallest first. */
  readonly #heap: number[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** False when `size` numbers before it were as large. */
  offer(value: number): boolean {
    const heap = this.#heap;
    if (heap.length < this.#size) {
      let at = heap.push(value) - 1;
      while (at > 0 && heap[(at - 1) >> 1]! > value) {
        heap[at] = heap[(at - 1) >> 1]!;
        at = (at - 1) >> 1;
      }
      heap[at] = value;
      return true;
    }
    if (heap.length === 0 || value <= heap[0]!) return false;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= value) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = value;
    return true;
  }
}
