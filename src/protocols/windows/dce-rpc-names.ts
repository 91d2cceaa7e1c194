/**
 * Names of remote interfaces of Windows and of their operations, as Zeek's base/protocols/dce-rpc writes them and as
 * the open specifications define them (MS-SCMR, MS-TSCH, MS-SAMR, MS-LSAD, MS-LSAT, MS-NRPC, MS-SRVS, MS-WKST, MS-RRP,
 * MS-DRSR, MS-RPRN, MS-PAR, MS-EFSR, MS-FSRVP, MS-DFSNM, MS-EVEN, MS-DCOM, MS-WMI, MS-RSP, MS-DNSP, MS-BKRP, MS-ICPR).
 * Only interfaces that matter for administration and for attacks are listed; others are `unknown-` and their number.
 *
 * An entry is identifier, name, and the operations in the order of their numbers; `-` stands for one without a name.
 */

export interface RpcInterface {
  readonly name: string;
  readonly operations: readonly string[];
}

const LSARPC =
  'LsarClose LsarDelete LsarEnumeratePrivileges LsarQuerySecurityObject LsarSetSecurityObject LsarChangePassword ' +
  'LsarOpenPolicy LsarQueryInformationPolicy LsarSetInformationPolicy LsarClearAuditLog LsarCreateAccount ' +
  'LsarEnumerateAccounts LsarCreateTrustedDomain LsarEnumerateTrustedDomains LsarLookupNames LsarLookupSids ' +
  'LsarCreateSecret LsarOpenAccount LsarEnumeratePrivilegesAccount LsarAddPrivilegesToAccount ' +
  'LsarRemovePrivilegesFromAccount LsarGetQuotasForAccount LsarSetQuotasForAccount LsarGetSystemAccessAccount ' +
  'LsarSetSystemAccessAccount LsarOpenTrustedDomain LsarQueryInfoTrustedDomain LsarSetInformationTrustedDomain ' +
  'LsarOpenSecret LsarSetSecret LsarQuerySecret LsarLookupPrivilegeValue LsarLookupPrivilegeName ' +
  'LsarLookupPrivilegeDisplayName LsarDeleteObject LsarEnumerateAccountsWithUserRight LsarEnumerateAccountRights ' +
  'LsarAddAccountRights LsarRemoveAccountRights LsarQueryTrustedDomainInfo LsarSetTrustedDomainInfo ' +
  'LsarDeleteTrustedDomain LsarStorePrivateData LsarRetrievePrivateData LsarOpenPolicy2 LsarGetUserName ' +
  'LsarQueryInformationPolicy2 LsarSetInformationPolicy2 LsarQueryTrustedDomainInfoByName ' +
  'LsarSetTrustedDomainInfoByName LsarEnumerateTrustedDomainsEx LsarCreateTrustedDomainEx LsarCloseTrustedDomainEx ' +
  'LsarQueryDomainInformationPolicy LsarSetDomainInformationPolicy LsarOpenTrustedDomainByName LsarTestCall ' +
  'LsarLookupSids2 LsarLookupNames2 LsarCreateTrustedDomainEx2 CredrWrite CredrRead CredrEnumerate ' +
  'CredrWriteDomainCredentials CredrReadDomainCredentials CredrDelete CredrGetTargetInfo CredrProfileLoaded ' +
  'LsarLookupNames3 CredrGetSessionTypes LsarRegisterAuditEvent LsarGenAuditEvent LsarUnregisterAuditEvent ' +
  'LsarQueryForestTrustInformation LsarSetForestTrustInformation CredrRename LsarLookupSids3 LsarLookupNames4';

const SAMR =
  'SamrConnect SamrCloseHandle SamrSetSecurityObject SamrQuerySecurityObject SamrShutdownSamServer ' +
  'SamrLookupDomainInSamServer SamrEnumerateDomainsInSamServer SamrOpenDomain SamrQueryInformationDomain ' +
  'SamrSetInformationDomain SamrCreateGroupInDomain SamrEnumerateGroupsInDomain SamrCreateUserInDomain ' +
  'SamrEnumerateUsersInDomain SamrCreateAliasInDomain SamrEnumerateAliasesInDomain SamrGetAliasMembership ' +
  'SamrLookupNamesInDomain SamrLookupIdsInDomain SamrOpenGroup SamrQueryInformationGroup SamrSetInformationGroup ' +
  'SamrAddMemberToGroup SamrDeleteGroup SamrRemoveMemberFromGroup SamrGetMembersInGroup ' +
  'SamrSetMemberAttributesOfGroup SamrOpenAlias SamrQueryInformationAlias SamrSetInformationAlias SamrDeleteAlias ' +
  'SamrAddMemberToAlias SamrRemoveMemberFromAlias SamrGetMembersInAlias SamrOpenUser SamrDeleteUser ' +
  'SamrQueryInformationUser SamrSetInformationUser SamrChangePasswordUser SamrGetGroupsForUser ' +
  'SamrQueryDisplayInformation SamrGetDisplayEnumerationIndex SamrTestPrivateFunctionsDomain ' +
  'SamrTestPrivateFunctionsUser SamrGetUserDomainPasswordInformation SamrRemoveMemberFromForeignDomain ' +
  'SamrQueryInformationDomain2 SamrQueryInformationUser2 SamrQueryDisplayInformation2 ' +
  'SamrGetDisplayEnumerationIndex2 SamrCreateUser2InDomain SamrQueryDisplayInformation3 ' +
  'SamrAddMultipleMembersToAlias SamrRemoveMultipleMembersFromAlias SamrOemChangePasswordUser2 ' +
  'SamrUnicodeChangePasswordUser2 SamrGetDomainPasswordInformation SamrConnect2 SamrSetInformationUser2 ' +
  'SamrSetBootKeyInformation SamrGetBootKeyInformation SamrConnect3 SamrConnect4 SamrUnicodeChangePasswordUser3 ' +
  'SamrConnect5 SamrRidToSid SamrSetDSRMPassword SamrValidatePassword SamrQueryLocalizableAccountsInDomain ' +
  'SamrPerformGenericOperation';

const NETLOGON =
  'NetrLogonUasLogon NetrLogonUasLogoff NetrLogonSamLogon NetrLogonSamLogoff NetrServerReqChallenge ' +
  'NetrServerAuthenticate NetrServerPasswordSet NetrDatabaseDeltas NetrDatabaseSync NetrAccountDeltas ' +
  'NetrAccountSync NetrGetDCName NetrLogonControl NetrGetAnyDCName NetrLogonControl2 NetrServerAuthenticate2 ' +
  'NetrDatabaseSync2 NetrDatabaseRedo NetrLogonControl2Ex NetrEnumerateTrustedDomains DsrGetDcName ' +
  'NetrLogonGetCapabilities NetrLogonSetServiceBits NetrLogonGetTrustRid NetrLogonComputeServerDigest ' +
  'NetrLogonComputeClientDigest NetrServerAuthenticate3 DsrGetDcNameEx DsrGetSiteName NetrLogonGetDomainInfo ' +
  'NetrServerPasswordSet2 NetrServerPasswordGet NetrLogonSendToSam DsrAddressToSiteNamesW DsrGetDcNameEx2 ' +
  'NetrLogonGetTimeServiceParentDomain NetrEnumerateTrustedDomainsEx DsrAddressToSiteNamesExW ' +
  'DsrGetDcSiteCoverageW NetrLogonSamLogonEx DsrEnumerateDomainTrusts DsrDeregisterDnsHostRecords ' +
  'NetrServerTrustPasswordsGet DsrGetForestTrustInformation NetrGetForestTrustInformation ' +
  'NetrLogonSamLogonWithFlags NetrServerGetTrustInfo unused DsrUpdateReadOnlyServerDnsRecords ' +
  'NetrChainSetClientAttributes';

const SRVSVC =
  'NetrCharDevEnum NetrCharDevGetInfo NetrCharDevControl NetrCharDevQEnum NetrCharDevQGetInfo NetrCharDevQSetInfo ' +
  'NetrCharDevQPurge NetrCharDevQPurgeSelf NetrConnectionEnum NetrFileEnum NetrFileGetInfo NetrFileClose ' +
  'NetrSessionEnum NetrSessionDel NetrShareAdd NetrShareEnum NetrShareGetInfo NetrShareSetInfo NetrShareDel ' +
  'NetrShareDelSticky NetrShareCheck NetrServerGetInfo NetrServerSetInfo NetrServerDiskEnum ' +
  'NetrServerStatisticsGet NetrServerTransportAdd NetrServerTransportEnum NetrServerTransportDel NetrRemoteTOD ' +
  'NetrServerSetServiceBits NetprPathType NetprPathCanonicalize NetprPathCompare NetprNameValidate ' +
  'NetprNameCanonicalize NetprNameCompare NetrShareEnumSticky NetrShareDelStart NetrShareDelCommit ' +
  'NetrpGetFileSecurity NetrpSetFileSecurity NetrServerTransportAddEx NetrServerSetServiceBitsEx ' +
  'NetrDfsGetVersion NetrDfsCreateLocalPartition NetrDfsDeleteLocalPartition NetrDfsSetLocalVolumeState ' +
  'NetrDfsSetServerInfo NetrDfsCreateExitPoint NetrDfsDeleteExitPoint NetrDfsModifyPrefix NetrDfsFixLocalVolume ' +
  'NetrDfsManagerReportSiteInfo NetrServerTransportDelEx NetrServerAliasAdd NetrServerAliasEnum NetrServerAliasDel NetrShareDelEx';

const WKSSVC =
  'NetrWkstaGetInfo NetrWkstaSetInfo NetrWkstaUserEnum NetrWkstaUserGetInfo NetrWkstaUserSetInfo ' +
  'NetrWkstaTransportEnum NetrWkstaTransportAdd NetrWkstaTransportDel NetrUseAdd NetrUseGetInfo NetrUseDel ' +
  'NetrUseEnum NetrMessageBufferSend NetrWorkstationStatisticsGet NetrLogonDomainNameAdd NetrLogonDomainNameDel ' +
  'NetrJoinDomain NetrUnjoinDomain NetrValidateName NetrRenameMachineInDomain NetrGetJoinInformation ' +
  'NetrGetJoinableOUs NetrJoinDomain2 NetrUnjoinDomain2 NetrRenameMachineInDomain2 NetrValidateName2 ' +
  'NetrGetJoinableOUs2 NetrAddAlternateComputerName NetrRemoveAlternateComputerName NetrSetPrimaryComputerName ' +
  'NetrEnumerateComputerNames NetrWorkstationResetDfsCache';

const SVCCTL =
  'CloseServiceHandle ControlService DeleteService LockServiceDatabase QueryServiceObjectSecurity ' +
  'SetServiceObjectSecurity QueryServiceStatus SetServiceStatus UnlockServiceDatabase NotifyBootConfigStatus ' +
  'ScSetServiceBitsW ChangeServiceConfigW CreateServiceW EnumDependentServicesW EnumServicesStatusW ' +
  'OpenSCManagerW OpenServiceW QueryServiceConfigW QueryServiceLockStatusW StartServiceW GetServiceDisplayNameW ' +
  'GetServiceKeyNameW ScSetServiceBitsA ChangeServiceConfigA CreateServiceA EnumDependentServicesA ' +
  'EnumServicesStatusA OpenSCManagerA OpenServiceA QueryServiceConfigA QueryServiceLockStatusA StartServiceA ' +
  'GetServiceDisplayNameA GetServiceKeyNameA ScGetCurrentGroupStateW EnumServiceGroupW ChangeServiceConfig2A ' +
  'ChangeServiceConfig2W QueryServiceConfig2A QueryServiceConfig2W QueryServiceStatusEx EnumServicesStatusExA ' +
  'EnumServicesStatusExW ScSendTSMessage CreateServiceWOW64A CreateServiceWOW64W ScQueryServiceTagInfo ' +
  'NotifyServiceStatusChange GetNotifyResult CloseNotifyHandle ControlServiceExA ControlServiceExW ' +
  'ScSendPnPMessage ScValidatePnPService ScOpenServiceStatusHandle';

const WINREG =
  'OpenClassesRoot OpenCurrentUser OpenLocalMachine OpenPerformanceData OpenUsers BaseRegCloseKey BaseRegCreateKey ' +
  'BaseRegDeleteKey BaseRegDeleteValue BaseRegEnumKey BaseRegEnumValue BaseRegFlushKey BaseRegGetKeySecurity ' +
  'BaseRegLoadKey BaseRegNotifyChangeKeyValue BaseRegOpenKey BaseRegQueryInfoKey BaseRegQueryValue ' +
  'BaseRegReplaceKey BaseRegRestoreKey BaseRegSaveKey BaseRegSetKeySecurity BaseRegSetValue BaseRegUnLoadKey ' +
  'BaseInitiateSystemShutdown BaseAbortSystemShutdown BaseRegGetVersion OpenCurrentConfig OpenDynData ' +
  'BaseRegQueryMultipleValues BaseInitiateSystemShutdownEx BaseRegSaveKeyEx OpenPerformanceText ' +
  'OpenPerformanceNlsText BaseRegQueryMultipleValues2 BaseRegDeleteKeyEx';

const DRSUAPI =
  'DRSBind DRSUnbind DRSReplicaSync DRSGetNCChanges DRSUpdateRefs DRSReplicaAdd DRSReplicaDel DRSReplicaModify ' +
  'DRSVerifyNames DRSGetMemberships DRSInterDomainMove DRSGetNT4ChangeLog DRSCrackNames DRSWriteSPN ' +
  'DRSRemoveDsServer DRSRemoveDsDomain DRSDomainControllerInfo DRSAddEntry DRSExecuteKCC DRSGetReplInfo ' +
  'DRSAddSidHistory DRSGetMemberships2 DRSReplicaVerifyObjects DRSGetObjectExistence DRSQuerySitesByCost';

const SPOOLSS =
  'RpcEnumPrinters RpcOpenPrinter RpcSetJob RpcGetJob RpcEnumJobs RpcAddPrinter RpcDeletePrinter RpcSetPrinter ' +
  'RpcGetPrinter RpcAddPrinterDriver RpcEnumPrinterDrivers RpcGetPrinterDriver RpcGetPrinterDriverDirectory ' +
  'RpcDeletePrinterDriver RpcAddPrintProcessor RpcEnumPrintProcessors RpcGetPrintProcessorDirectory ' +
  'RpcStartDocPrinter RpcStartPagePrinter RpcWritePrinter RpcEndPagePrinter RpcAbortPrinter RpcReadPrinter ' +
  'RpcEndDocPrinter RpcAddJob RpcScheduleJob RpcGetPrinterData RpcSetPrinterData RpcWaitForPrinterChange ' +
  'RpcClosePrinter RpcAddForm RpcDeleteForm RpcGetForm RpcSetForm RpcEnumForms RpcEnumPorts RpcEnumMonitors ' +
  'RpcAddPort RpcConfigurePort RpcDeletePort RpcCreatePrinterIC RpcPlayGdiScriptOnPrinterIC RpcDeletePrinterIC ' +
  'RpcAddPrinterConnection RpcDeletePrinterConnection RpcPrinterMessageBox RpcAddMonitor RpcDeleteMonitor ' +
  'RpcDeletePrintProcessor RpcAddPrintProvidor RpcDeletePrintProvidor RpcEnumPrintProcessorDatatypes ' +
  'RpcResetPrinter RpcGetPrinterDriver2 RpcClientFindFirstPrinterChangeNotification ' +
  'RpcFindNextPrinterChangeNotification RpcFindClosePrinterChangeNotification ' +
  'RpcRouterFindFirstPrinterChangeNotificationOld RpcReplyOpenPrinter RpcRouterReplyPrinter RpcReplyClosePrinter ' +
  'RpcAddPortEx RpcRemoteFindFirstPrinterChangeNotification RpcSpoolerInit RpcResetPrinterEx ' +
  'RpcRemoteFindFirstPrinterChangeNotificationEx RpcRouterReplyPrinterEx ' +
  'RpcRouterRefreshPrinterChangeNotification RpcSetAllocFailCount RpcSplOpenPrinter RpcAddPrinterEx RpcSetPort ' +
  'RpcEnumPrinterData RpcDeletePrinterData RpcClusterSplOpen RpcClusterSplClose RpcClusterSplIsAlive ' +
  'RpcSetPrinterDataEx RpcGetPrinterDataEx RpcEnumPrinterDataEx RpcEnumPrinterKey RpcDeletePrinterDataEx ' +
  'RpcDeletePrinterKey RpcSeekPrinter RpcDeletePrinterDriverEx RpcAddPerMachineConnection ' +
  'RpcDeletePerMachineConnection RpcEnumPerMachineConnections RpcXcvData RpcAddPrinterDriverEx RpcSplOpenPrinter ' +
  'RpcGetSpoolFileInfo RpcCommitSpoolData RpcCloseSpoolFileHandle RpcFlushPrinter RpcSendRecvBidiData ' +
  'RpcAddDriverCatalog RpcAddPrinterConnection2 RpcDeletePrinterConnection2 RpcInstallPrinterDriverFromPackage ' +
  'RpcUploadPrinterDriverPackage RpcGetCorePrinterDrivers RpcCorePrinterDriverInstalled ' +
  'RpcGetPrinterDriverPackagePath RpcReportJobProcessingProgress';

const WINSPOOL =
  'RpcAsyncOpenPrinter RpcAsyncAddPrinter RpcAsyncSetJob RpcAsyncGetJob RpcAsyncEnumJobs RpcAsyncAddJob ' +
  'RpcAsyncScheduleJob RpcAsyncDeletePrinter RpcAsyncSetPrinter RpcAsyncGetPrinter RpcAsyncStartDocPrinter ' +
  'RpcAsyncStartPagePrinter RpcAsyncWritePrinter RpcAsyncEndPagePrinter RpcAsyncEndDocPrinter ' +
  'RpcAsyncAbortPrinter RpcAsyncGetPrinterData RpcAsyncGetPrinterDataEx RpcAsyncSetPrinterData ' +
  'RpcAsyncSetPrinterDataEx RpcAsyncClosePrinter RpcAsyncAddForm RpcAsyncDeleteForm RpcAsyncGetForm ' +
  'RpcAsyncSetForm RpcAsyncEnumForms RpcAsyncGetPrinterDriver RpcAsyncEnumPrinterData RpcAsyncEnumPrinterDataEx ' +
  'RpcAsyncEnumPrinterKey RpcAsyncDeletePrinterData RpcAsyncDeletePrinterDataEx RpcAsyncDeletePrinterKey ' +
  'RpcAsyncXcvData RpcAsyncSendRecvBidiData RpcAsyncCreatePrinterIC RpcAsyncPlayGdiScriptOnPrinterIC ' +
  'RpcAsyncDeletePrinterIC RpcAsyncEnumPrinters RpcAsyncAddPrinterDriver RpcAsyncEnumPrinterDrivers ' +
  'RpcAsyncGetPrinterDriverDirectory RpcAsyncDeletePrinterDriver RpcAsyncDeletePrinterDriverEx ' +
  'RpcAsyncAddPrintProcessor RpcAsyncEnumPrintProcessors RpcAsyncGetPrintProcessorDirectory RpcAsyncEnumPorts ' +
  'RpcAsyncEnumMonitors RpcAsyncAddPort RpcAsyncSetPort RpcAsyncAddMonitor RpcAsyncDeleteMonitor ' +
  'RpcAsyncDeletePrintProcessor RpcAsyncEnumPrintProcessorDatatypes RpcAsyncAddPerMachineConnection ' +
  'RpcAsyncDeletePerMachineConnection RpcAsyncEnumPerMachineConnections RpcSyncRegisterForRemoteNotifications ' +
  'RpcSyncUnRegisterForRemoteNotifications RpcSyncRefreshRemoteNotifications RpcAsyncGetRemoteNotifications ' +
  'RpcAsyncInstallPrinterDriverFromPackage RpcAsyncUploadPrinterDriverPackage RpcAsyncGetCorePrinterDrivers ' +
  'RpcAsyncCorePrinterDriverInstalled RpcAsyncGetPrinterDriverPackagePath RpcAsyncDeletePrinterDriverPackage';

const EFSRPC =
  'EfsRpcOpenFileRaw EfsRpcReadFileRaw EfsRpcWriteFileRaw EfsRpcCloseRaw EfsRpcEncryptFileSrv ' +
  'EfsRpcDecryptFileSrv EfsRpcQueryUsersOnFile EfsRpcQueryRecoveryAgents EfsRpcRemoveUsersFromFile ' +
  'EfsRpcAddUsersToFile - EfsRpcNotSupported EfsRpcFileKeyInfo EfsRpcDuplicateEncryptionInfoFile - ' +
  'EfsRpcAddUsersToFileEx EfsRpcFileKeyInfoEx - EfsRpcGetEncryptedFileMetadata ' +
  'EfsRpcSetEncryptedFileMetadata EfsRpcFlushEfsCache EfsRpcEncryptFileExSrv EfsRpcQueryProtectors';

const TASKS =
  'SchRpcHighestVersion SchRpcRegisterTask SchRpcRetrieveTask SchRpcCreateFolder SchRpcSetSecurity ' +
  'SchRpcGetSecurity SchRpcEnumFolder SchRpcEnumTasks SchRpcEnumInstances SchRpcGetInstanceInfo ' +
  'SchRpcStopInstance SchRpcStop SchRpcRun SchRpcDelete SchRpcRename SchRpcScheduledRuntimes ' +
  'SchRpcGetLastRunInfo SchRpcGetTaskInfo SchRpcGetNumberOfMissedRuns SchRpcEnableTask';

const EVENTLOG =
  'ElfrClearELFW ElfrBackupELFW ElfrCloseEL ElfrDeregisterEventSource ElfrNumberOfRecords ElfrOldestRecord ' +
  'ElfrChangeNotify ElfrOpenELW ElfrRegisterEventSourceW ElfrOpenBELW ElfrReadELW ElfrReportEventW ' +
  'ElfrClearELFA ElfrBackupELFA ElfrOpenELA ElfrRegisterEventSourceA ElfrOpenBELA ElfrReadELA ElfrReportEventA ' +
  'ElfrRegisterClusterSvc ElfrDeregisterClusterSvc ElfrWriteClusterEvents ElfrGetLogInformation ElfrFlushEL ' +
  'ElfrReportEventAndSourceW';

const WBEM_SERVICES =
  '- - - OpenNamespace CancelAsyncCall QueryObjectSink GetObject GetObjectAsync PutClass PutClassAsync DeleteClass ' +
  'DeleteClassAsync CreateClassEnum CreateClassEnumAsync PutInstance PutInstanceAsync DeleteInstance ' +
  'DeleteInstanceAsync CreateInstanceEnum CreateInstanceEnumAsync ExecQuery ExecQueryAsync ' +
  'ExecNotificationQuery ExecNotificationQueryAsync ExecMethod ExecMethodAsync';

const NETDFS =
  'NetrDfsManagerGetVersion NetrDfsAdd NetrDfsRemove NetrDfsSetInfo NetrDfsGetInfo NetrDfsEnum NetrDfsRename ' +
  'NetrDfsMove NetrDfsManagerGetConfigInfo NetrDfsManagerSendSiteInfo NetrDfsAddFtRoot NetrDfsRemoveFtRoot ' +
  'NetrDfsAddStdRoot NetrDfsRemoveStdRoot NetrDfsManagerInitialize NetrDfsAddStdRootForced NetrDfsGetDcAddress ' +
  'NetrDfsSetDcAddress NetrDfsFlushFtTable NetrDfsAdd2 NetrDfsRemove2 NetrDfsEnumEx NetrDfsSetInfo2';

const TABLE: readonly (readonly [string, string, string])[] = [
  ['367abb81-9844-35f1-ad32-98f038001003', 'svcctl', SVCCTL],
  ['86d35949-83c9-4044-b424-db363231fd0c', 'ITaskSchedulerService', TASKS],
  ['1ff70682-0a51-30e8-076d-740be8cee98b', 'atsvc', 'NetrJobAdd NetrJobDel NetrJobEnum NetrJobGetInfo'],
  [
    '378e52b0-c0a9-11cf-822d-00aa0051e40f',
    'sasec',
    'SASetAccountInformation SASetNSAccountInformation SAGetNSAccountInformation SAGetAccountInformation',
  ],
  ['12345778-1234-abcd-ef00-0123456789ab', 'lsarpc', LSARPC],
  ['12345778-1234-abcd-ef00-0123456789ac', 'samr', SAMR],
  ['12345678-1234-abcd-ef00-01234567cffb', 'netlogon', NETLOGON],
  ['4b324fc8-1670-01d3-1278-5a47bf6ee188', 'srvsvc', SRVSVC],
  ['6bffd098-a112-3610-9833-46c3f87e345a', 'wkssvc', WKSSVC],
  ['338cd001-2244-31f1-aaaa-900038001003', 'winreg', WINREG],
  ['e3514235-4b06-11d1-ab04-00c04fc2dcd2', 'drsuapi', DRSUAPI],
  ['12345678-1234-abcd-ef00-0123456789ab', 'spoolss', SPOOLSS],
  ['76f03f96-cdfd-44fc-a22c-64950a001209', 'IRemoteWinspool', WINSPOOL],
  ['c681d488-d850-11d0-8c52-00c04fd90f7e', 'efsrpc', EFSRPC],
  ['df1941c5-fe89-4e79-bf10-463657acf44d', 'efsrpc', EFSRPC],
  [
    'a8e0653c-2744-4389-a61d-7373df8b2292',
    'FileServerVssAgent',
    'GetSupportedVersion SetContext StartShadowCopySet AddToShadowCopySet CommitShadowCopySet ExposeShadowCopySet ' +
      'RecoveryCompleteShadowCopySet AbortShadowCopySet IsPathSupported IsPathShadowCopied GetShareMapping ' +
      'DeleteShareMapping PrepareShadowCopySet',
  ],
  ['4fc742e0-4a10-11cf-8273-00aa004ae673', 'netdfs', NETDFS],
  ['82273fdc-e32a-18c3-3f78-827929dc23ea', 'eventlog', EVENTLOG],
  [
    'e1af8308-5d1f-11c9-91a4-08002b14a0fa',
    'epmapper',
    'ept_insert ept_delete ept_lookup ept_map ept_lookup_handle_free ept_inq_object ept_mgmt_delete ept_map_auth ' +
      'ept_map_auth_async',
  ],
  [
    'afa8bd80-7d8a-11c9-bef4-08002b102989',
    'mgmt',
    'inq_if_ids inq_stats is_server_listening stop_server_listening inq_princ_name',
  ],
  ['4d9f4ab8-7d1c-11cf-861e-0020af6e7c57', 'IActivation', 'RemoteActivation'],
  [
    '99fcfec4-5260-101b-bbcb-00aa0021347a',
    'IObjectExporter',
    'ResolveOxid SimplePing ComplexPing ServerAlive ResolveOxid2 ServerAlive2',
  ],
  [
    '000001a0-0000-0000-c000-000000000046',
    'IRemoteSCMActivator',
    'QueryInterfaceIRemoteSCMActivator AddRefIRemoteISCMActivator ReleaseIRemoteISCMActivator RemoteGetClassObject ' +
      'RemoteCreateInstance',
  ],
  [
    '00000143-0000-0000-c000-000000000046',
    'IRemUnknown2',
    'QueryInterface AddRef Release RemQueryInterface RemAddRef RemRelease RemQueryInterface2',
  ],
  ['9556dc99-828c-11cf-a37e-00aa003240c7', 'IWbemServices', WBEM_SERVICES],
  [
    'f309ad18-d86a-11d0-a075-00c04fb68820',
    'IWbemLevel1Login',
    '- - - EstablishPosition RequestChallenge WBEMLogin NTLMLogin',
  ],
  ['d4781cd6-e5d3-44df-ad94-930efe48a887', 'IWbemLoginClientID', '- - - SetClientInfo'],
  [
    '027947e1-d731-11ce-a357-000000000001',
    'IEnumWbemClassObject interface',
    '- - - Reset Next NextAsync Clone Skip',
  ],
  ['7c857801-7381-11cf-884d-00aa004b2e24', 'IWbemObjectSink interface', '- - - Indicate SetStatus'],
  ['44aca675-e8fc-11d0-a07c-00c04fb68820', 'IWbemCallResult interface', ''],
  ['2c9273e0-1dc3-11d3-b364-00105a1f8177', 'IWbemRefreshingServices interface', ''],
  ['1c1c45ee-4395-11d2-b60b-00104b703efd', 'IWbemFetchSmartEnum interface', '- - - GetSmartEnum'],
  ['423ec01e-2e35-11d2-b604-00104b703efd', 'IWbemWCOSmartEnum interface', '- - - Next'],
  [
    '894de0c0-0d55-11d3-a322-00c04fa321a1',
    'InitShutdown',
    'BaseInitiateShutdown BaseAbortShutdown BaseInitiateShutdownEx',
  ],
  ['d95afe70-a6d5-4259-822e-2c84da1ddb0d', 'WindowsShutdown', 'WsdrInitiateShutdown WsdrAbortShutdown'],
  [
    '3919286a-b10c-11d0-9ba8-00c04fd92ef5',
    'dssetup',
    'DsRolerGetPrimaryDomainInformation DsRolerDnsNameToFlatName DsRolerDcAsDc DsRolerDcAsReplica DsRolerDemoteDc ' +
      'DsRolerGetDcOperationProgress DsRolerGetDcOperationResults DsRolerCancel',
  ],
  [
    '50abc2a4-574d-40b3-9d66-ee4fd5fba076',
    'dnsserver',
    'DnssrvOperation DnssrvQuery DnssrvComplexOperation DnssrvEnumRecords DnssrvUpdateRecord DnssrvOperation2 ' +
      'DnssrvQuery2 DnssrvComplexOperation2 DnssrvEnumRecords2 DnssrvUpdateRecord2',
  ],
  ['91ae6020-9e3c-11cf-8d7c-00aa00c091be', 'ICertPassage', 'CertServerRequest'],
  ['3dde7c30-165d-11d1-ab8f-00805f14db40', 'BackupKey', 'bkrp_BackupKey'],
  ['5a7b91f8-ff00-11d0-a9b2-00c04fb6e6fc', 'msgsvcsend', 'NetrSendMessage'],
  ['17fdd703-1827-4e34-79d4-24a55c53bb37', 'msgsvc', ''],
  ['6bffd098-a112-3610-9833-012892020162', 'browser', ''],
  ['8d9f4e40-a03d-11ce-8f69-08003e30051b', 'pnp', ''],
  ['5ca4a760-ebb1-11cf-8611-00a0245420ed', 'winstation_rpc', ''],
  ['f5cc5a18-4264-101a-8c59-08002b2f8426', 'nspi', ''],
  ['a4f1db00-ca47-1067-b31f-00dd010662da', 'exchange_mapi', ''],
  ['1544f5e0-613c-11d1-93df-00c04fd7bd09', 'exchange_rfr', ''],
  ['51c82175-844e-4750-b0d8-ec255555bc06', 'KMS', ''],
  ['f5cc59b4-4264-101a-8c59-08002b2f8426', 'FrsRpc', ''],
  ['12b81e99-f207-4a4c-85d3-77b42f76fd14', 'ISeclogon', ''],
  ['45f52c28-7f9f-101a-b52b-08002b2efabe', 'winspipe', ''],
];

const BY_UUID: ReadonlyMap<string, RpcInterface> = new Map(
  TABLE.map(([uuid, name, operations]) => [uuid, { name, operations: operations.split(' ') }]),
);

/** `svcctl`; `unknown-` and the identifier for an interface that is not listed. */
export function endpointName(uuid: string): string {
  return BY_UUID.get(uuid)?.name ?? `unknown-${uuid}`;
}

/** `CreateServiceW`; `unknown-` and the number for an operation that is not listed. */
export function operationName(uuid: string, operation: number): string {
  const name = BY_UUID.get(uuid)?.operations[operation];
  return name === undefined || name === '-' || name === '' ? `unknown-${operation}` : name;
}

/** Interfaces that a pipe of this name mostly carries, for pipes whose binding was not seen. */
const COMMON_BY_PIPE: Readonly<Record<string, string>> = {
  winreg: '338cd001-2244-31f1-aaaa-900038001003',
  spoolss: '12345678-1234-abcd-ef00-0123456789ab',
  srvsvc: '4b324fc8-1670-01d3-1278-5a47bf6ee188',
  svcctl: '367abb81-9844-35f1-ad32-98f038001003',
  atsvc: '1ff70682-0a51-30e8-076d-740be8cee98b',
  samr: '12345778-1234-abcd-ef00-0123456789ac',
  wkssvc: '6bffd098-a112-3610-9833-46c3f87e345a',
  netdfs: '4fc742e0-4a10-11cf-8273-00aa004ae673',
  eventlog: '82273fdc-e32a-18c3-3f78-827929dc23ea',
};

/** The interface that a pipe mostly carries; the name may have a path before it. */
export function commonInterface(pipe: string): string | undefined {
  return COMMON_BY_PIPE[pipe.slice(pipe.lastIndexOf('\\') + 1).toLowerCase()];
}
