/** Records of HTTP and WebSocket, with the names of Zeek's logs. */
import { f, flowStream } from '../../model/schema.ts';

/** Zeek's `http.log`. */
export const httpStream = flowStream('http', 'One line per HTTP request and its response.', {
  trans_depth: f.count('Number of the request within its flow, from 1.'),
  method: f.string('Request method, e.g. GET.'),
  host: f.string('Value of the Host header.', 'text'),
  uri: f.string('Request target, decoded; identifiers and secrets in it are replaced by their kind.', 'text'),
  referrer: f.string('Value of the Referer header, cleaned like uri.', 'text'),
  version: f.string('HTTP version of the response.'),
  user_agent: f.string('Value of the User-Agent header.', 'text'),
  origin: f.string('Value of the Origin header.', 'text'),
  request_body_len: f.count('Bytes of the request’s body that were seen, after content decoding.'),
  response_body_len: f.count('Bytes of the response’s body that were seen, after content decoding.'),
  status_code: f.count('Status code of the response.'),
  status_msg: f.string('Reason phrase of the response.', 'text'),
  info_code: f.count('Last informational (1xx) status code.'),
  info_msg: f.string('Last informational reason phrase.', 'text'),
  tags: f.stringSet(
    'Indicators of attack: misfortune_cookie for a cookie that RomPager cannot bear (CVE-2014-9222).',
  ),
  proxied: f.stringSet('Headers that show a proxy, as NAME -> value.', 'text'),
  orig_fuids: f.strings('Files in the request, as in files.'),
  orig_filenames: f.strings('Names of files in the request.', 'text'),
  orig_mime_types: f.strings('Types of files in the request, by content.'),
  resp_fuids: f.strings('Files in the response, as in files.'),
  resp_filenames: f.strings('Names of files in the response.', 'text'),
  resp_mime_types: f.strings('Types of files in the response, by content.'),
  soap_action: f.string('Action of a SOAP request, as UPnP control and web services use it.', 'text'),
});

/** Zeek's `websocket.log`. */
export const websocketStream = flowStream('websocket', 'One line per connection upgraded to WebSocket.', {
  host: f.string('Value of the Host header.', 'text'),
  uri: f.string('Request target, cleaned as in http.', 'text'),
  user_agent: f.string('Value of the User-Agent header.', 'text'),
  subprotocol: f.string('Subprotocol the server chose.', 'text'),
  client_protocols: f.strings('Subprotocols the client offers; credentials in them are replaced.', 'text'),
  server_extensions: f.strings('Extensions the server chose.', 'text'),
  client_extensions: f.strings('Extensions the client offers.', 'text'),
});
