#pragma once

#include <string_view>

// What the manifests look like; export/kubernetes.cpp fills in @names@.
namespace emporion::app::kubernetes {

inline constexpr std::string_view workload = R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: @process@
  labels: &labels
    app.kubernetes.io/name: emporion
    app.kubernetes.io/component: @process@
spec:
  replicas: @replicas@
  selector:
    matchLabels: *labels
  strategy:
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    metadata:
      labels: *labels
    spec:
      serviceAccountName: emporion
      automountServiceAccountToken: false
      # Else each Service of the namespace would be a variable, and one called emporion a setting.
      enableServiceLinks: false
      # Ten seconds for the public, ten for other processes, and the pause before both.
      terminationGracePeriodSeconds: 45
      securityContext:
        runAsNonRoot: true
        runAsUser: @user@
        runAsGroup: @user@
        fsGroup: @user@
        seccompProfile:
          type: RuntimeDefault
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: *labels
      initContainers:
        - name: migrate
          image: emporion
          args: [migrate, --placement, @placement@/placement.yaml, --process, @process@]
          env: &env
            - name: PGPASSWORD
              valueFrom:
                secretKeyRef:
                  name: @process@-database
                  key: password
          envFrom: &envFrom
            # Settings that are secrets, such as EMPORION_PAYMENT__STRIPE__SECRET_KEY.
            - secretRef:
                name: @process@-settings
                optional: true
          resources: &resources
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 1Gi
          securityContext: &confined
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts: &mounts
@mounts@      containers:
        - name: emporion
          image: emporion
          args: [serve, --placement, @placement@/placement.yaml, --process, @process@@bind@]
          env: *env
          envFrom: *envFrom
          ports:
@ports@          startupProbe:
            httpGet:
              path: /health/live
              port: metrics
            periodSeconds: 2
            failureThreshold: 30
          livenessProbe:
            httpGet:
              path: /health/live
              port: metrics
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          readinessProbe:
            httpGet:
              path: /health/ready
              port: metrics
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 2
          lifecycle:
            preStop:
              exec:
                # Until nobody is sent here any more.
                command: [sleep, "5"]
          resources: *resources
          securityContext: *confined
          volumeMounts: *mounts
      volumes:
@volumes@---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: @process@
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: emporion
      app.kubernetes.io/component: @process@
)";

/// Others find all replicas by this name, and share their calls among them.
inline constexpr std::string_view headless_service = R"(---
apiVersion: v1
kind: Service
metadata:
  name: @process@
spec:
  clusterIP: None
  selector:
    app.kubernetes.io/name: emporion
    app.kubernetes.io/component: @process@
  ports:
    - name: listen
      port: @listen_port@
      targetPort: listen
)";

inline constexpr std::string_view public_service = R"(---
apiVersion: v1
kind: Service
metadata:
  name: @process@-public
spec:
  selector:
    app.kubernetes.io/name: emporion
    app.kubernetes.io/component: @process@
  ports:
    - name: http
      port: 80
      targetPort: http
)";

inline constexpr std::string_view policy = R"(---
# The walls of the placement: who calls or hears whom, as `emporion placement graph` prints it.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: @process@
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: emporion
      app.kubernetes.io/component: @process@
  policyTypes: [Ingress, Egress]
  ingress:
    # Probes come from the node, which no policy keeps out; metrics are read from the namespace `monitoring`.
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: monitoring
      ports:
        - port: metrics
@ingress@  egress:
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
@egress@)";

inline constexpr std::string_view common = R"(apiVersion: v1
kind: ServiceAccount
metadata:
  name: emporion
automountServiceAccountToken: false
---
# What no other policy permits is refused.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: refuse-the-rest
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
)";

inline constexpr std::string_view namespace_file = R"(apiVersion: v1
kind: Namespace
metadata:
  name: emporion
  labels:
    pod-security.kubernetes.io/enforce: restricted
)";

inline constexpr std::string_view autoscaler = R"(---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: @process@
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: @process@
  minReplicas: @min@
  maxReplicas: @max@
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          # Of the one core that a process computes on.
          type: AverageValue
          averageValue: 800m
)";

inline constexpr std::string_view database_policy = R"(apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: database
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: emporion
  policyTypes: [Egress]
  egress:
@egress@)";

inline constexpr std::string_view postgres =
    R"(# PostgreSQL with one instance and one disk: for a demo. A shop that earns money has servers that stand in for each other.
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: postgres
  labels: &labels
    app.kubernetes.io/name: postgres
spec:
  serviceName: postgres
  replicas: 1
  selector:
    matchLabels: *labels
  template:
    metadata:
      labels: *labels
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 999
        runAsGroup: 999
        fsGroup: 999
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: postgres
          image: postgres:15-bookworm
          # Every process keeps a few connections for each of its modules.
          args: [-c, max_connections=500]
          env:
            - name: PGDATA
              value: /var/lib/postgresql/data/15
            - name: POSTGRES_PASSWORD_FILE
              value: /secrets/postgres/password
          ports:
            - name: postgres
              containerPort: 5432
          readinessProbe:
            exec:
              # Over TCP: while the databases are made it answers at its socket only.
              command: [pg_isready, -h, 127.0.0.1, -U, postgres]
            periodSeconds: 2
          resources:
            requests:
              cpu: 200m
              memory: 512Mi
            limits:
              memory: 2Gi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: data
              mountPath: /var/lib/postgresql/data
            - name: run
              mountPath: /var/run/postgresql
            - name: tmp
              mountPath: /tmp
            - name: make-databases
              mountPath: /docker-entrypoint-initdb.d
@mounts@      volumes:
        - name: run
          emptyDir: {}
        - name: tmp
          emptyDir: {}
        - name: make-databases
          configMap:
            name: make-databases
            defaultMode: 365  # 0555
@volumes@  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 8Gi
---
apiVersion: v1
kind: Service
metadata:
  name: postgres
spec:
  clusterIP: None
  selector:
    app.kubernetes.io/name: postgres
  ports:
    - name: postgres
      port: 5432
      targetPort: postgres
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: postgres
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: postgres
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app.kubernetes.io/name: emporion
      ports:
        - port: postgres
)";

}  // namespace emporion::app::kubernetes
