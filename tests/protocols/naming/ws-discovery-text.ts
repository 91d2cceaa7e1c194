/** Messages of WS-Discovery, for the tests of the decoder. */

export function wsMessage(action: string, id: string, body: string): string {
  const discovery = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';
  return (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ' +
    `xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="${discovery}"><s:Header>` +
    `<a:Action s:mustUnderstand="1">${discovery}/${action}</a:Action><a:MessageID>${id}</a:MessageID></s:Header>` +
    `<s:Body><d:${action}>${body}</d:${action}></s:Body></s:Envelope>`
  );
}
