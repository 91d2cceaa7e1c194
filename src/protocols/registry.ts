/**
 * Every application protocol, one line each. Order does not matter: recognition is by content, and a test sees to
 * it that no protocol claims the opening of another.
 */
export { dicom } from './clinical/dicom/decoder.ts';
export { hl7 } from './clinical/hl7/decoder.ts';
export { ftpData as 'ftp-data', ircDccData as 'irc-dcc-data' } from './files/announced.ts';
export { mysql } from './database/mysql.ts';
export { postgresql } from './database/postgresql.ts';
export { redis } from './database/redis.ts';
export { bacnet } from './industrial/bacnet.ts';
export { dnp3 } from './industrial/dnp3.ts';
export { enip } from './industrial/enip.ts';
export { modbus } from './industrial/modbus.ts';
export { opcua } from './industrial/opcua.ts';
export { s7comm } from './industrial/s7comm.ts';
export { imap } from './mail/imap.ts';
export { irc } from './mail/irc.ts';
export { pop3 } from './mail/pop3.ts';
export { smtp } from './mail/smtp.ts';
export { coap } from './management/coap.ts';
export { mqtt } from './management/mqtt.ts';
export { snmp } from './management/snmp.ts';
export { syslog } from './management/syslog.ts';
export { dhcp } from './naming/dhcp.ts';
export { dhcpv6 } from './naming/dhcpv6.ts';
export { dns } from './naming/dns.ts';
export { ntp } from './naming/ntp.ts';
export { ftp } from './remote/ftp.ts';
export { rexec, rlogin, rsh } from './remote/r-commands.ts';
export { rdp } from './remote/rdp.ts';
export { rfb } from './remote/rfb.ts';
export { socks } from './remote/socks.ts';
export { ssh } from './remote/ssh.ts';
export { teamviewer } from './remote/teamviewer.ts';
export { telnet } from './remote/telnet.ts';
export { tftp } from './remote/tftp.ts';
export { x11 } from './remote/x11.ts';
export { rtcp, rtp, stun } from './voice/media.ts';
export { sip } from './voice/sip.ts';
export { dtls } from './web/dtls.ts';
export { http } from './web/http.ts';
export { http2 } from './web/http2.ts';
export { quic } from './web/quic.ts';
export { ssl } from './web/ssl.ts';
export { dce_rpc } from './windows/dce-rpc.ts';
export { krb, krb_tcp } from './windows/kerberos.ts';
export { ldap_tcp, ldap_udp } from './windows/ldap.ts';
export { smb } from './windows/smb.ts';
