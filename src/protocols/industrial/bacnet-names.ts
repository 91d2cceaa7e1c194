/** Names of BACnet services and object types (ASHRAE 135 clause 21), by their numbers. */

/** BACnetConfirmedServiceChoice. */
export const CONFIRMED: readonly string[] =
  `acknowledgeAlarm confirmedCOVNotification confirmedEventNotification getAlarmSummary getEnrollmentSummary subscribeCOV
   atomicReadFile atomicWriteFile addListElement removeListElement createObject deleteObject readProperty
   readPropertyConditional readPropertyMultiple writeProperty writePropertyMultiple deviceCommunicationControl
   confirmedPrivateTransfer confirmedTextMessage reinitializeDevice vtOpen vtClose vtData authenticate requestKey readRange
   lifeSafetyOperation subscribeCOVProperty getEventInformation subscribeCOVPropertyMultiple
   confirmedCOVNotificationMultiple confirmedAuditNotification auditLogQuery`.split(/\s+/);

/** BACnetUnconfirmedServiceChoice. */
export const UNCONFIRMED: readonly string[] =
  `i-Am i-Have unconfirmedCOVNotification unconfirmedEventNotification unconfirmedPrivateTransfer unconfirmedTextMessage
   timeSynchronization who-Has who-Is utcTimeSynchronization writeGroup unconfirmedCOVNotificationMultiple
   unconfirmedAuditNotification who-Am-I you-Are`.split(/\s+/);

/** BACnetObjectType. */
export const OBJECT_TYPES: readonly string[] =
  `analog-input analog-output analog-value binary-input binary-output binary-value calendar command device
   event-enrollment file group loop multi-state-input multi-state-output notification-class program schedule averaging
   multi-state-value trend-log life-safety-point life-safety-zone accumulator pulse-converter event-log global-group
   trend-log-multiple load-control structured-view access-door timer access-credential access-point access-rights
   access-user access-zone credential-data-input network-security bitstring-value characterstring-value datepattern-value
   date-value datetimepattern-value datetime-value integer-value large-analog-value octetstring-value
   positive-integer-value timepattern-value time-value notification-forwarder alert-enrollment channel lighting-output
   binary-lighting-output network-port elevator-group escalator lift`.split(/\s+/);
