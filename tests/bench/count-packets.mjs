// @ts-check
/** Counts the packets of a capture with `pcap-parser` and nothing else: what that library alone costs. */
import pcapParser from 'pcap-parser';

let packets = 0;
const parser = pcapParser.parse(process.argv[2]);
parser.on('packet', () => {
  packets++;
});
parser.on('end', () => console.log(packets));
