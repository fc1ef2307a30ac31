/** Keeps the N largest of any many numbers: `floor` is the smallest of them, once there are N. */
export type Newest = { readonly add: (value: number) => void; readonly floor: () => number | undefined };

/** A heap whose root is the smallest kept, in one array of the size that is needed. */
export function newest(n: number): Newest {
  const heap = new Float64Array(n);
  let size = 0;
  const at = (index: number): number => heap[index] ?? 0;

  const up = (from: number, value: number) => {
    let index = from;
    for (let parent = (index - 1) >> 1; index > 0 && at(parent) > value; parent = (index - 1) >> 1) {
      heap[index] = at(parent);
      index = parent;
    }
    heap[index] = value;
  };

  const down = (value: number) => {
    let index = 0;
    for (let child = 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && at(child + 1) < at(child)) child++;
      if (at(child) >= value) break;
      heap[index] = at(child);
      index = child;
    }
    heap[index] = value;
  };

  return {
    add: (value) => {
      if (size < n) up(size++, value);
      else if (value > at(0)) down(value);
    },
    floor: () => (size < n ? undefined : at(0)),
  };
}
