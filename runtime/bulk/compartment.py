"""The resource types of a patient's compartment (https://hl7.org/fhir/R4/compartmentdefinition-patient.html)."""

from __future__ import annotations

_NAMES = """
Account AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic BodyStructure
CarePlan CareTeam ChargeItem Claim ClaimResponse ClinicalImpression Communication CommunicationRequest
Composition Condition Consent Coverage CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue
DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference Encounter
EnrollmentRequest EpisodeOfCare ExplanationOfBenefit FamilyMemberHistory Flag Goal Group ImagingStudy
Immunization ImmunizationEvaluation ImmunizationRecommendation Invoice List MeasureReport Media
MedicationAdministration MedicationDispense MedicationRequest MedicationStatement MolecularSequence
NutritionOrder Observation Patient Person Procedure Provenance QuestionnaireResponse RelatedPerson
RequestGroup ResearchSubject RiskAssessment Schedule ServiceRequest Specimen SupplyDelivery SupplyRequest
VisionPrescription
"""
PATIENT_TYPES = frozenset(_NAMES.split())
