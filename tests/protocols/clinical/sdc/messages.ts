/** SOAP messages of ISO/IEEE 11073 SDC for tests. */

const NS = 'http://standards.ieee.org/downloads/11073/11073';

export function soap(action: string, body: string): string {
  const uri = action.includes(':') ? action : `${NS}-20701-2018/${action}`;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<s12:Envelope xmlns:s12="http://www.w3.org/2003/05/soap-envelope" ' +
    `xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:msg="${NS}-10207-2017/message" ` +
    `xmlns:pm="${NS}-10207-2017/participant" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s12:Header>` +
    `<wsa:To>http://10.0.0.2:6464/dev</wsa:To><wsa:Action>${uri}</wsa:Action><wsa:MessageID>urn:uuid:1</wsa:MessageID>` +
    `</s12:Header><s12:Body>${body}</s12:Body></s12:Envelope>`
  );
}

export function post(content: string): string {
  return (
    'POST /dev/set HTTP/1.1\r\nHost: 10.0.0.2:6464\r\nContent-Type: application/soap+xml\r\n' +
    `Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`
  );
}

export function ok(content: string): string {
  return (
    'HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n' +
    `Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`
  );
}

export const SET_VALUE = soap(
  'SetService/SetValue',
  '<msg:SetValue><msg:OperationHandleRef>op.rate</msg:OperationHandleRef><msg:RequestedNumericValue>42</msg:RequestedNumericValue></msg:SetValue>',
);
export const SET_VALUE_RESPONSE = soap(
  'SetService/SetValueResponse',
  '<msg:SetValueResponse SequenceId="urn:uuid:9"><msg:InvocationInfo><msg:TransactionId>1</msg:TransactionId>' +
    '<msg:InvocationState>Wait</msg:InvocationState></msg:InvocationInfo></msg:SetValueResponse>',
);
export const GET_MDIB = soap('GetService/GetMdib', '<msg:GetMdib/>');

const PATIENT =
  '<pm:State xsi:type="pm:PatientContextState" Handle="p1" DescriptorHandle="pc"><pm:Validator Root="r" Extension="not-me"/>' +
  '<pm:Identification Root="hospital.oid" Extension="MRN-CANARY-7731"/><pm:CoreData><pm:Givenname>CANARYFIRST</pm:Givenname>' +
  '<pm:Familyname>CANARYLAST</pm:Familyname><pm:Sex>F</pm:Sex><pm:DateOfBirth>1947-02-29</pm:DateOfBirth></pm:CoreData></pm:State>';

const mds = (serial: string): string =>
  '<pm:Mds Handle="mds0"><pm:MetaData><pm:Udi><pm:DeviceIdentifier>1</pm:DeviceIdentifier><pm:HumanReadableForm>(01)040479630' +
  '00000</pm:HumanReadableForm></pm:Udi><pm:Manufacturer Lang="en">Vent Makers</pm:Manufacturer><pm:ModelName>V900</pm:ModelName>' +
  `<pm:SerialNumber>${serial}</pm:SerialNumber></pm:MetaData><pm:SystemContext/></pm:Mds>`;

export const mdib = (...serials: string[]): string =>
  soap(
    'GetService/GetMdibResponse',
    `<msg:GetMdibResponse><msg:Mdib><pm:MdDescription>${serials.map(mds).join('')}</pm:MdDescription><pm:MdState>${PATIENT}` +
      '<pm:State xsi:type="pm:LocationContextState"><pm:Identification Root="x" Extension="ICU"/></pm:State></pm:MdState>' +
      '</msg:Mdib></msg:GetMdibResponse>',
  );
