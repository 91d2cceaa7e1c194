import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HISTORY_LIMIT } from '../../src/flows/flow-layout.ts';
import { FlowTable } from '../../src/flows/flow-table.ts';
import { addHistory, historyText, LETTER, removeHistory } from '../../src/flows/history.ts';
import { Packet } from '../../src/model/packet.ts';
import { StreamMemory } from '../../src/model/stream-memory.ts';
import { TunnelTable } from '../../src/model/tunnels.ts';

const letter = fc.record({
  side: fc.constantFrom(0, 1),
  code: fc.constantFrom(LETTER.T, LETTER.W, LETTER.flip),
});
const step = fc.oneof(
  { weight: 5, arbitrary: letter },
  { weight: 1, arbitrary: fc.record({ take: fc.nat({ max: HISTORY_LIMIT - 1 }) }) },
);

it('histories of two flows are texts, whatever is added and taken back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(0, 1), step), { maxLength: 120 }), steps => {
      const table = new FlowTable(0, new StreamMemory(0), new TunnelTable());
      const packet = new Packet();
      const slots = [1, 2].map(port => {
        table.find(packet, port, 0, 6);
        return table.insert();
      });
      const texts = ['', ''];
      for (const [which, what] of steps) {
        const slot = slots[which]!;
        const text = texts[which]!;
        if ('take' in what) {
          if (what.take >= text.length) continue;
          removeHistory(table, slot, what.take);
          texts[which] = text.slice(0, what.take) + text.slice(what.take + 1);
        } else {
          addHistory(table, slot, what.side, what.code);
          const added = String.fromCharCode(what.code);
          const shown = what.side === 1 ? added.toLowerCase() : added;
          texts[which] = (text + shown).slice(0, HISTORY_LIMIT);
        }
      }
      expect(slots.map(slot => historyText(table, slot))).toEqual(texts);
    }),
  );
});
