/**
 * Certificates made with OpenSSL for the tests: of an invented pump with an elliptic key, and of an invented authority with a
 * short RSA key. Valid from 2026-11-27 to 2036-11-24.
 *
 *     openssl req -new -x509 -key EC_KEY -set_serial 0x00f1e2d3c4 -days 3650 \\
 *       -subj "/C=DE/O=Pump, Works/OU=Ward 3+OU=East/CN=pump.example" \\
 *       -addext "subjectAltName=DNS:pump.example,DNS:*.ward.example,IP:192.0.2.7,IP:2001:db8::7,email:bio@example.org,URI:urn:x" \\
 *       -addext "basicConstraints=critical,CA:FALSE"
 *     openssl req -new -x509 -key RSA_1024_KEY -set_serial 2 -days 3650 -subj "/CN=Zürich CA" -utf8 -sha1 \\
 *       -addext "basicConstraints=critical,CA:TRUE,pathlen:1"
 */
const der = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

export const PUMP = der(
  'MIICTjCCAfSgAwIBAgIFAPHi08QwCgYIKoZIzj0EAwIwWDELMAkGA1UEBhMCREUxFDASBgNVBAoMC1B1bXAsIFdvcmtzMRww' +
    'CwYDVQQLDARFYXN0MA0GA1UECwwGV2FyZCAzMRUwEwYDVQQDDAxwdW1wLmV4YW1wbGUwHhcNMjYxMTI3MDU0MzU3WhcNMzYx' +
    'MTI0MDU0MzU3WjBYMQswCQYDVQQGEwJERTEUMBIGA1UECgwLUHVtcCwgV29ya3MxHDALBgNVBAsMBEVhc3QwDQYDVQQLDAZX' +
    'YXJkIDMxFTATBgNVBAMMDHB1bXAuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMyrm3KiLUdAtVrSACoc958p' +
    'pNWO4CWkHek0lcYdxNpbxTNxPXb6o+qInh5O0tIuFwWORoCQ8S3NqIx6YcbB7QSjgaowgacwHQYDVR0OBBYEFNZDtEbm/Ypv' +
    'HypnZlVuM8axNQkhMB8GA1UdIwQYMBaAFNZDtEbm/YpvHypnZlVuM8axNQkhMFcGA1UdEQRQME6CDHB1bXAuZXhhbXBsZYIO' +
    'Ki53YXJkLmV4YW1wbGWHBMAAAgeHECABDbgAAAAAAAAAAAAAAAeBD2Jpb0BleGFtcGxlLm9yZ4YFdXJuOngwDAYDVR0TAQH/' +
    'BAIwADAKBggqhkjOPQQDAgNIADBFAiBGBLVGfjURNV9HZ3SndDFWJbXoygDS1JB2OaJdqbaQWAIhAMqI6uZu3TN/Km4aWG4Z' +
    'w28hBI6SyX3Ow4vk84OJxLuW',
);

export const AUTHORITY = der(
  'MIIB9jCCAV+gAwIBAgIBAjANBgkqhkiG9w0BAQUFADAVMRMwEQYDVQQDDApaw7xyaWNoIENBMB4XDTI2MTEyNzA1NDM1N1oX' +
    'DTM2MTEyNDA1NDM1N1owFTETMBEGA1UEAwwKWsO8cmljaCBDQTCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEAxXy588nl' +
    'VticXdMZMR/BTvzQSYWKTz30CeOEd4Df4ehfeIbsHsEzlX/ciBHARBYQmk0rB9RxRx/8ZQnsrAHYXuIwdSHy89C/UET21Mfl' +
    'fo73EmjUofzRPpz4XtkAUFX4wPUpeUVViw8QJtRTrg2HHG1wFK8G3+3L8XA7rVAZjO8CAwEAAaNWMFQwHQYDVR0OBBYEFAi9' +
    'TsSsNeRuE9eGCyon1IzY0WWCMB8GA1UdIwQYMBaAFAi9TsSsNeRuE9eGCyon1IzY0WWCMBIGA1UdEwEB/wQIMAYBAf8CAQEw' +
    'DQYJKoZIhvcNAQEFBQADgYEAfjVHPBXesQlOdixYNNt8d3jQ5Miaz/E/umfaVViYJSTaDsATfDK8xdytzvedf6byaVvgoZkK' +
    '8Vsy1TywMBDc8TPfljPYbkBN2Oyu/518DDb9xxOs+VTqL6OE8ge97/bT62F3QjuvwDRpoVH/TpNJcuFjhr46UxV8zaaEDFjd' +
    'P3k=',
);
