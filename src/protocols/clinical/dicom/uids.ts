/**
 * Names of well-known UIDs (PS3.6 annex A), and how a transfer syntax encodes a data set (PS3.5 section 10 and
 * annex A). Names without the additions "(Retired)" and "Default Transfer Syntax for …". Not complete: rare UIDs stay
 * as they are.
 */

const SOP_CLASSES: readonly (readonly [string, string])[] = [
  ['1.1', 'Verification SOP Class'],
  ['1.3.10', 'Media Storage Directory Storage'],
  ['1.9', 'Basic Study Content Notification SOP Class'],
  ['1.20.1', 'Storage Commitment Push Model SOP Class'],
  ['1.40', 'Procedural Event Logging SOP Class'],
  ['1.42', 'Substance Administration Logging SOP Class'],
  ['3.1.2.3.3', 'Modality Performed Procedure Step SOP Class'],
  ['3.1.2.3.4', 'Modality Performed Procedure Step Retrieve SOP Class'],
  ['3.1.2.3.5', 'Modality Performed Procedure Step Notification SOP Class'],
  ['5.1.1.1', 'Basic Film Session SOP Class'],
  ['5.1.1.2', 'Basic Film Box SOP Class'],
  ['5.1.1.4', 'Basic Grayscale Image Box SOP Class'],
  ['5.1.1.4.1', 'Basic Color Image Box SOP Class'],
  ['5.1.1.9', 'Basic Grayscale Print Management Meta SOP Class'],
  ['5.1.1.14', 'Print Job SOP Class'],
  ['5.1.1.15', 'Basic Annotation Box SOP Class'],
  ['5.1.1.16', 'Printer SOP Class'],
  ['5.1.1.16.376', 'Printer Configuration Retrieval SOP Class'],
  ['5.1.1.18', 'Basic Color Print Management Meta SOP Class'],
  ['5.1.1.23', 'Presentation LUT SOP Class'],
  ['5.1.1.27', 'Stored Print Storage SOP Class'],
  ['5.1.1.29', 'Hardcopy Grayscale Image Storage SOP Class'],
  ['5.1.1.30', 'Hardcopy Color Image Storage SOP Class'],
  ['5.1.4.1.1.1', 'Computed Radiography Image Storage'],
  ['5.1.4.1.1.1.1', 'Digital X-Ray Image Storage - For Presentation'],
  ['5.1.4.1.1.1.1.1', 'Digital X-Ray Image Storage - For Processing'],
  ['5.1.4.1.1.1.2', 'Digital Mammography X-Ray Image Storage - For Presentation'],
  ['5.1.4.1.1.1.2.1', 'Digital Mammography X-Ray Image Storage - For Processing'],
  ['5.1.4.1.1.1.3', 'Digital Intra-Oral X-Ray Image Storage - For Presentation'],
  ['5.1.4.1.1.1.3.1', 'Digital Intra-Oral X-Ray Image Storage - For Processing'],
  ['5.1.4.1.1.2', 'CT Image Storage'],
  ['5.1.4.1.1.2.1', 'Enhanced CT Image Storage'],
  ['5.1.4.1.1.2.2', 'Legacy Converted Enhanced CT Image Storage'],
  ['5.1.4.1.1.3', 'Ultrasound Multi-frame Image Storage'],
  ['5.1.4.1.1.3.1', 'Ultrasound Multi-frame Image Storage'],
  ['5.1.4.1.1.4', 'MR Image Storage'],
  ['5.1.4.1.1.4.1', 'Enhanced MR Image Storage'],
  ['5.1.4.1.1.4.2', 'MR Spectroscopy Storage'],
  ['5.1.4.1.1.4.3', 'Enhanced MR Color Image Storage'],
  ['5.1.4.1.1.4.4', 'Legacy Converted Enhanced MR Image Storage'],
  ['5.1.4.1.1.5', 'Nuclear Medicine Image Storage'],
  ['5.1.4.1.1.6', 'Ultrasound Image Storage'],
  ['5.1.4.1.1.6.1', 'Ultrasound Image Storage'],
  ['5.1.4.1.1.6.2', 'Enhanced US Volume Storage'],
  ['5.1.4.1.1.7', 'Secondary Capture Image Storage'],
  ['5.1.4.1.1.7.1', 'Multi-frame Single Bit Secondary Capture Image Storage'],
  ['5.1.4.1.1.7.2', 'Multi-frame Grayscale Byte Secondary Capture Image Storage'],
  ['5.1.4.1.1.7.3', 'Multi-frame Grayscale Word Secondary Capture Image Storage'],
  ['5.1.4.1.1.7.4', 'Multi-frame True Color Secondary Capture Image Storage'],
  ['5.1.4.1.1.8', 'Standalone Overlay Storage'],
  ['5.1.4.1.1.9', 'Standalone Curve Storage'],
  ['5.1.4.1.1.9.1.1', '12-lead ECG Waveform Storage'],
  ['5.1.4.1.1.9.1.2', 'General ECG Waveform Storage'],
  ['5.1.4.1.1.9.1.3', 'Ambulatory ECG Waveform Storage'],
  ['5.1.4.1.1.9.2.1', 'Hemodynamic Waveform Storage'],
  ['5.1.4.1.1.9.3.1', 'Cardiac Electrophysiology Waveform Storage'],
  ['5.1.4.1.1.9.4.1', 'Basic Voice Audio Waveform Storage'],
  ['5.1.4.1.1.9.4.2', 'General Audio Waveform Storage'],
  ['5.1.4.1.1.9.5.1', 'Arterial Pulse Waveform Storage'],
  ['5.1.4.1.1.9.6.1', 'Respiratory Waveform Storage'],
  ['5.1.4.1.1.10', 'Standalone Modality LUT Storage'],
  ['5.1.4.1.1.11', 'Standalone VOI LUT Storage'],
  ['5.1.4.1.1.11.1', 'Grayscale Softcopy Presentation State Storage'],
  ['5.1.4.1.1.11.2', 'Color Softcopy Presentation State Storage'],
  ['5.1.4.1.1.11.3', 'Pseudo-Color Softcopy Presentation State Storage'],
  ['5.1.4.1.1.11.4', 'Blending Softcopy Presentation State Storage'],
  ['5.1.4.1.1.11.5', 'XA/XRF Grayscale Softcopy Presentation State Storage'],
  ['5.1.4.1.1.12.1', 'X-Ray Angiographic Image Storage'],
  ['5.1.4.1.1.12.1.1', 'Enhanced XA Image Storage'],
  ['5.1.4.1.1.12.2', 'X-Ray Radiofluoroscopic Image Storage'],
  ['5.1.4.1.1.12.2.1', 'Enhanced XRF Image Storage'],
  ['5.1.4.1.1.12.3', 'X-Ray Angiographic Bi-Plane Image Storage'],
  ['5.1.4.1.1.13.1.1', 'X-Ray 3D Angiographic Image Storage'],
  ['5.1.4.1.1.13.1.2', 'X-Ray 3D Craniofacial Image Storage'],
  ['5.1.4.1.1.13.1.3', 'Breast Tomosynthesis Image Storage'],
  ['5.1.4.1.1.14.1', 'Intravascular Optical Coherence Tomography Image Storage - For Presentation'],
  ['5.1.4.1.1.14.2', 'Intravascular Optical Coherence Tomography Image Storage - For Processing'],
  ['5.1.4.1.1.20', 'Nuclear Medicine Image Storage'],
  ['5.1.4.1.1.66', 'Raw Data Storage'],
  ['5.1.4.1.1.66.1', 'Spatial Registration Storage'],
  ['5.1.4.1.1.66.2', 'Spatial Fiducials Storage'],
  ['5.1.4.1.1.66.3', 'Deformable Spatial Registration Storage'],
  ['5.1.4.1.1.66.4', 'Segmentation Storage'],
  ['5.1.4.1.1.66.5', 'Surface Segmentation Storage'],
  ['5.1.4.1.1.67', 'Real World Value Mapping Storage'],
  ['5.1.4.1.1.68.1', 'Surface Scan Mesh Storage'],
  ['5.1.4.1.1.68.2', 'Surface Scan Point Cloud Storage'],
  ['5.1.4.1.1.77.1', 'VL Image Storage - Trial'],
  ['5.1.4.1.1.77.2', 'VL Multi-frame Image Storage - Trial'],
  ['5.1.4.1.1.77.1.1', 'VL Endoscopic Image Storage'],
  ['5.1.4.1.1.77.1.1.1', 'Video Endoscopic Image Storage'],
  ['5.1.4.1.1.77.1.2', 'VL Microscopic Image Storage'],
  ['5.1.4.1.1.77.1.2.1', 'Video Microscopic Image Storage'],
  ['5.1.4.1.1.77.1.3', 'VL Slide-Coordinates Microscopic Image Storage'],
  ['5.1.4.1.1.77.1.4', 'VL Photographic Image Storage'],
  ['5.1.4.1.1.77.1.4.1', 'Video Photographic Image Storage'],
  ['5.1.4.1.1.77.1.5.1', 'Ophthalmic Photography 8 Bit Image Storage'],
  ['5.1.4.1.1.77.1.5.2', 'Ophthalmic Photography 16 Bit Image Storage'],
  ['5.1.4.1.1.77.1.5.3', 'Stereometric Relationship Storage'],
  ['5.1.4.1.1.77.1.5.4', 'Ophthalmic Tomography Image Storage'],
  ['5.1.4.1.1.77.1.6', 'VL Whole Slide Microscopy Image Storage'],
  ['5.1.4.1.1.78.1', 'Lensometry Measurements Storage'],
  ['5.1.4.1.1.78.2', 'Autorefraction Measurements Storage'],
  ['5.1.4.1.1.78.3', 'Keratometry Measurements Storage'],
  ['5.1.4.1.1.78.4', 'Subjective Refraction Measurements Storage'],
  ['5.1.4.1.1.78.5', 'Visual Acuity Measurements Storage'],
  ['5.1.4.1.1.78.6', 'Spectacle Prescription Report Storage'],
  ['5.1.4.1.1.78.7', 'Ophthalmic Axial Measurements Storage'],
  ['5.1.4.1.1.78.8', 'Intraocular Lens Calculations Storage'],
  ['5.1.4.1.1.79.1', 'Macular Grid Thickness and Volume Report Storage'],
  ['5.1.4.1.1.80.1', 'Ophthalmic Visual Field Static Perimetry Measurements Storage'],
  ['5.1.4.1.1.81.1', 'Ophthalmic Thickness Map Storage'],
  ['5.1.4.1.1.82.1', 'Corneal Topography Map Storage'],
  ['5.1.4.1.1.88.11', 'Basic Text SR Storage'],
  ['5.1.4.1.1.88.22', 'Enhanced SR Storage'],
  ['5.1.4.1.1.88.33', 'Comprehensive SR Storage'],
  ['5.1.4.1.1.88.34', 'Comprehensive 3D SR Storage'],
  ['5.1.4.1.1.88.40', 'Procedure Log Storage'],
  ['5.1.4.1.1.88.50', 'Mammography CAD SR Storage'],
  ['5.1.4.1.1.88.59', 'Key Object Selection Document Storage'],
  ['5.1.4.1.1.88.65', 'Chest CAD SR Storage'],
  ['5.1.4.1.1.88.67', 'X-Ray Radiation Dose SR Storage'],
  ['5.1.4.1.1.88.69', 'Colon CAD SR Storage'],
  ['5.1.4.1.1.88.70', 'Implantation Plan SR Storage'],
  ['5.1.4.1.1.104.1', 'Encapsulated PDF Storage'],
  ['5.1.4.1.1.104.2', 'Encapsulated CDA Storage'],
  ['5.1.4.1.1.104.3', 'Encapsulated STL Storage'],
  ['5.1.4.1.1.128', 'Positron Emission Tomography Image Storage'],
  ['5.1.4.1.1.128.1', 'Legacy Converted Enhanced PET Image Storage'],
  ['5.1.4.1.1.129', 'Standalone PET Curve Storage'],
  ['5.1.4.1.1.130', 'Enhanced PET Image Storage'],
  ['5.1.4.1.1.131', 'Basic Structured Display Storage'],
  ['5.1.4.1.1.481.1', 'RT Image Storage'],
  ['5.1.4.1.1.481.2', 'RT Dose Storage'],
  ['5.1.4.1.1.481.3', 'RT Structure Set Storage'],
  ['5.1.4.1.1.481.4', 'RT Beams Treatment Record Storage'],
  ['5.1.4.1.1.481.5', 'RT Plan Storage'],
  ['5.1.4.1.1.481.6', 'RT Brachy Treatment Record Storage'],
  ['5.1.4.1.1.481.7', 'RT Treatment Summary Record Storage'],
  ['5.1.4.1.1.481.8', 'RT Ion Plan Storage'],
  ['5.1.4.1.1.481.9', 'RT Ion Beams Treatment Record Storage'],
  ['5.1.4.1.2.1.1', 'Patient Root Query/Retrieve Information Model - FIND'],
  ['5.1.4.1.2.1.2', 'Patient Root Query/Retrieve Information Model - MOVE'],
  ['5.1.4.1.2.1.3', 'Patient Root Query/Retrieve Information Model - GET'],
  ['5.1.4.1.2.2.1', 'Study Root Query/Retrieve Information Model - FIND'],
  ['5.1.4.1.2.2.2', 'Study Root Query/Retrieve Information Model - MOVE'],
  ['5.1.4.1.2.2.3', 'Study Root Query/Retrieve Information Model - GET'],
  ['5.1.4.1.2.3.1', 'Patient/Study Only Query/Retrieve Information Model - FIND'],
  ['5.1.4.1.2.3.2', 'Patient/Study Only Query/Retrieve Information Model - MOVE'],
  ['5.1.4.1.2.3.3', 'Patient/Study Only Query/Retrieve Information Model - GET'],
  ['5.1.4.31', 'Modality Worklist Information Model - FIND'],
  ['5.1.4.32.1', 'General Purpose Worklist Information Model - FIND'],
  ['5.1.4.33', 'Instance Availability Notification SOP Class'],
  ['5.1.4.34.6.1', 'Unified Procedure Step - Push SOP Class'],
  ['5.1.4.34.6.2', 'Unified Procedure Step - Watch SOP Class'],
  ['5.1.4.34.6.3', 'Unified Procedure Step - Pull SOP Class'],
  ['5.1.4.34.6.4', 'Unified Procedure Step - Event SOP Class'],
  ['5.1.4.34.7', 'RT Beams Delivery Instruction Storage'],
  ['5.1.4.37.1', 'General Relevant Patient Information Query'],
];

const TRANSFER_SYNTAXES: readonly (readonly [string, string])[] = [
  ['1.2', 'Implicit VR Little Endian'],
  ['1.2.1', 'Explicit VR Little Endian'],
  ['1.2.1.98', 'Encapsulated Uncompressed Explicit VR Little Endian'],
  ['1.2.1.99', 'Deflated Explicit VR Little Endian'],
  ['1.2.2', 'Explicit VR Big Endian'],
  ['1.2.4.50', 'JPEG Baseline (Process 1)'],
  ['1.2.4.51', 'JPEG Extended (Process 2 & 4)'],
  ['1.2.4.57', 'JPEG Lossless, Non-Hierarchical (Process 14)'],
  ['1.2.4.70', 'JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])'],
  ['1.2.4.80', 'JPEG-LS Lossless Image Compression'],
  ['1.2.4.81', 'JPEG-LS Lossy (Near-Lossless) Image Compression'],
  ['1.2.4.90', 'JPEG 2000 Image Compression (Lossless Only)'],
  ['1.2.4.91', 'JPEG 2000 Image Compression'],
  ['1.2.4.92', 'JPEG 2000 Part 2 Multi-component Image Compression (Lossless Only)'],
  ['1.2.4.93', 'JPEG 2000 Part 2 Multi-component Image Compression'],
  ['1.2.4.94', 'JPIP Referenced'],
  ['1.2.4.95', 'JPIP Referenced Deflate'],
  ['1.2.4.100', 'MPEG2 Main Profile / Main Level'],
  ['1.2.4.101', 'MPEG2 Main Profile / High Level'],
  ['1.2.4.102', 'MPEG-4 AVC/H.264 High Profile / Level 4.1'],
  ['1.2.4.103', 'MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1'],
  ['1.2.4.104', 'MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video'],
  ['1.2.4.105', 'MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video'],
  ['1.2.4.106', 'MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2'],
  ['1.2.4.107', 'HEVC/H.265 Main Profile / Level 5.1'],
  ['1.2.4.108', 'HEVC/H.265 Main 10 Profile / Level 5.1'],
  ['1.2.4.201', 'High-Throughput JPEG 2000 Image Compression (Lossless Only)'],
  ['1.2.4.202', 'High-Throughput JPEG 2000 with RPCL Options Image Compression (Lossless Only)'],
  ['1.2.4.203', 'High-Throughput JPEG 2000 Image Compression'],
  ['1.2.5', 'RLE Lossless'],
];

/** Root of the UIDs that PS3.6 registers. */
const ROOT = '1.2.840.10008.';

const NAMES: ReadonlyMap<string, string> = new Map(
  [...SOP_CLASSES, ...TRANSFER_SYNTAXES].map(([uid, name]) => [ROOT + uid, name]),
);

/** Name of a UID registered in PS3.6, or the UID itself. */
export function uidName(uid: string): string {
  return NAMES.get(uid) ?? uid;
}

/** How elements of a data set are written. */
export interface Encoding {
  readonly explicitVr: boolean;
  readonly bigEndian: boolean;
}

/** The default of PS3.5 section 10.1, and the encoding inside `UN` elements of undefined length (section 6.2.2). */
export const IMPLICIT_LITTLE: Encoding = { explicitVr: false, bigEndian: false };
/** Explicit VR little endian (PS3.5 annex A.2), also around encapsulated pixel data (A.4). */
export const EXPLICIT_LITTLE: Encoding = { explicitVr: true, bigEndian: false };
/** Explicit VR big endian, retired (PS3.5 annex A.3). */
export const EXPLICIT_BIG: Encoding = { explicitVr: true, bigEndian: true };

/** Explicit VR little endian itself, with its pixels in fragments, and with them run-length coded. */
const EXPLICIT = new Set([`${ROOT}1.2.1`, `${ROOT}1.2.1.98`, `${ROOT}1.2.5`]);

/** Syntaxes under 1.2.840.10008.1.2.4 that deflate the data set around their pixels (JPIP referenced). */
const DEFLATED_IMAGES = new Set([`${ROOT}1.2.4.95`, `${ROOT}1.2.4.205`]);

/** Deflated Explicit VR Little Endian (PS3.5 annex A.5). */
export const DEFLATED = `${ROOT}1.2.1.99`;

/**
 * Encoding of the data set under a transfer syntax; undefined when it is deflated, private or unknown. Every
 * encapsulated syntax (1.2.840.10008.1.2.4.*, RLE) writes the data set as explicit VR little endian (PS3.5 annex A.4).
 */
export function encodingOf(transferSyntax: string): Encoding | undefined {
  if (transferSyntax === `${ROOT}1.2`) return IMPLICIT_LITTLE;
  if (transferSyntax === `${ROOT}1.2.2`) return EXPLICIT_BIG;
  if (EXPLICIT.has(transferSyntax)) return EXPLICIT_LITTLE;
  if (transferSyntax.startsWith(`${ROOT}1.2.4.`) && !DEFLATED_IMAGES.has(transferSyntax))
    return EXPLICIT_LITTLE;
  return undefined;
}
