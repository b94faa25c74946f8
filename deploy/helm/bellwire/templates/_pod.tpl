{{- define "bellwire.labels" -}}
app.kubernetes.io/name: bellwire
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "bellwire.selector" -}}
app.kubernetes.io/name: bellwire
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "bellwire.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* The deployment of a role. Both roles run the same image with the same settings. */}}
{{- define "bellwire.deployment" -}}
{{- $values := index .root.Values .role -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .root.Release.Name }}-{{ .role }}
  labels:
    {{- include "bellwire.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .role }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "bellwire.selector" . | nindent 6 }}
  strategy:
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }
  template:
    metadata:
      labels:
        {{- include "bellwire.labels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .role }}
      annotations:
        checksum/settings: {{ toJson .root.Values.settings | sha256sum }}
    spec:
      # The delay, 15 s for the stop, and a reserve.
      terminationGracePeriodSeconds: {{ add .root.Values.stopDelaySeconds 25 }}
      automountServiceAccountToken: false
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets: {{ toJson . }}
      {{- end }}
      # No user is set: OpenShift assigns one, and the image names 65532.
      securityContext:
        runAsNonRoot: true
        seccompProfile: { type: RuntimeDefault }
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "bellwire.selector" . | nindent 14 }}
      {{- with $values.nodeSelector }}
      nodeSelector: {{ toJson . }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations: {{ toJson . }}
      {{- end }}
      containers:
        - name: bellwire
          image: {{ include "bellwire.image" .root }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: ["serve", "--role", {{ .role | quote }}]
          ports:
            {{- if eq .role "web" }}
            - { name: http, containerPort: 3000 }
            {{- end }}
            - { name: operations, containerPort: 9090 }
          env:
            - { name: BELLWIRE_STOP_DELAY_SECONDS, value: {{ .root.Values.stopDelaySeconds | quote }} }
            - { name: DATABASE_URL_FILE, value: /etc/bellwire/database-url }
            {{- if .root.Values.database.isPooled }}
            - { name: BELLWIRE_DATABASE_DIRECT_URL_FILE, value: /etc/bellwire/database-direct-url }
            {{- end }}
            - { name: BELLWIRE_SECRET_KEY_FILE, value: /etc/bellwire/secret-key }
            {{- if eq .role "web" }}
            - { name: BELLWIRE_ADMIN_PASSWORD_FILE, value: /etc/bellwire/admin-password }
            - { name: BELLWIRE_ACCESS_TOKEN_FILE, value: /etc/bellwire/access-token }
            - { name: BELLWIRE_PROVIDER_KEY_FILE, value: /etc/bellwire/provider-key }
            {{- end }}
            {{- range $name, $value := .root.Values.settings }}
            {{- /* As JSON, because as a text a large number would have an exponent: 2e+06. */}}
            - { name: {{ $name }}, value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }} }
            {{- end }}
          # A start waits a minute for the database, and a migration can take longer.
          startupProbe:
            httpGet: { path: /readyz, port: operations }
            periodSeconds: 2
            failureThreshold: 150
          readinessProbe:
            httpGet: { path: /readyz, port: operations }
            periodSeconds: 2
            failureThreshold: 1
            timeoutSeconds: 3
          livenessProbe:
            httpGet: { path: /healthz, port: operations }
            periodSeconds: 10
            failureThreshold: 6
            timeoutSeconds: 5
          resources: {{ toJson $values.resources }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
          volumeMounts:
            - { name: secrets, mountPath: /etc/bellwire, readOnly: true }
            {{- range .root.Values.extraVolumeMounts }}
            - {{ toJson . }}
            {{- end }}
      volumes:
        - name: secrets
          secret:
            secretName: {{ .root.Values.existingSecret }}
            {{- if eq .role "engine" }}
            items:
              - { key: database-url, path: database-url }
              {{- if .root.Values.database.isPooled }}
              - { key: database-direct-url, path: database-direct-url }
              {{- end }}
              {{- if .root.Values.database.hasAuthority }}
              - { key: database-ca, path: database-ca }
              {{- end }}
              - { key: secret-key, path: secret-key }
              {{- range .root.Values.settings }}
              {{- if hasPrefix "/etc/bellwire/" (toString .) }}
              - { key: {{ base . }}, path: {{ base . }} }
              {{- end }}
              {{- end }}
            {{- end }}
        {{- range .root.Values.extraVolumes }}
        - {{ toJson . }}
        {{- end }}
{{- end }}
