//! TLS, by rustls: what is agreed on before the bytes of a socket are the program's.

use super::events::Source;
use super::sockets::post_accepted;
use super::wire::Ends;
use super::{refused, say_failed};
use rquickjs::{Ctx, Object, Result};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

/// How long who connects to a server may take to agree.
const PATIENCE: Duration = Duration::from_secs(120);

/// An agreed connection.
pub(super) enum Stream {
    Client(Box<client::TlsStream<TcpStream>>, Option<String>),
    Server(Box<server::TlsStream<TcpStream>>),
}

/// What was agreed on.
pub(super) struct Secured {
    protocol: &'static str,
    cipher: String,
    alpn: Option<String>,
    certificate: Option<Vec<u8>>,
    server_name: Option<String>,
    /// Why the other side's certificate is not to be trusted.
    distrust: Option<String>,
}

impl Secured {
    pub(super) fn describe<'js>(&self, ctx: &Ctx<'js>) -> Result<Object<'js>> {
        let object = Object::new(ctx.clone())?;
        object.set("protocol", self.protocol)?;
        object.set("cipher", self.cipher.as_str())?;
        object.set("alpn", self.alpn.as_deref())?;
        object.set("serverName", self.server_name.as_deref())?;
        object.set("distrust", self.distrust.as_deref())?;
        if let Some(bytes) = &self.certificate {
            let bytes = rquickjs::TypedArray::new_copy(ctx.clone(), bytes)?;
            object.set("certificate", bytes)?;
        }
        Ok(object)
    }
}

impl Stream {
    pub(super) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Client(stream, _) => stream.get_ref().0,
            Self::Server(stream) => stream.get_ref().0,
        }
    }

    pub(super) fn secured(&self) -> Secured {
        let (common, distrust, server_name): (&rustls::CommonState, _, _) = match self {
            Self::Client(stream, distrust) => (stream.get_ref().1, distrust.clone(), None),
            Self::Server(stream) => {
                let connection = stream.get_ref().1;
                let name = connection.server_name().map(str::to_owned);
                (connection, None, name)
            }
        };
        let certificates = common.peer_certificates().unwrap_or_default();
        Secured {
            protocol: match common.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
                _ => "TLSv1.3",
            },
            cipher: common
                .negotiated_cipher_suite()
                .map(|suite| format!("{:?}", suite.suite()).replace("TLS13_", "TLS_"))
                .unwrap_or_default(),
            alpn: common
                .alpn_protocol()
                .map(|name| String::from_utf8_lossy(name).into_owned()),
            certificate: certificates.first().map(|first| first.to_vec()),
            server_name,
            distrust,
        }
    }

    pub(super) fn into_ends(self) -> Ends {
        match self {
            Self::Client(stream, _) => Ends::of(*stream),
            Self::Server(stream) => Ends::of(*stream),
        }
    }
}

fn other(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

fn protocols(settings: &Object<'_>) -> Result<Vec<Vec<u8>>> {
    let names: Option<Vec<String>> = settings.get("alpn")?;
    let names = names.unwrap_or_default().into_iter();
    Ok(names.map(String::into_bytes).collect())
}

fn certificates(ctx: &Ctx<'_>, pem: &str) -> Result<Vec<CertificateDer<'static>>> {
    let found: std::result::Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(refused(ctx, "this is no certificate in PEM")),
    }
}

/// Who connects.
pub(super) struct Client {
    connector: TlsConnector,
    name: ServerName<'static>,
    distrust: Arc<Mutex<Option<String>>>,
}

/// `serverName`, `ca` in PEM, `rejectUnauthorized`, `alpn`.
pub(super) fn client(ctx: &Ctx<'_>, settings: &Object<'_>) -> Result<Client> {
    let name: String = settings.get("serverName")?;
    let name = ServerName::try_from(name).map_err(|error| refused(ctx, &error.to_string()))?;
    let mut roots = RootCertStore::empty();
    match settings.get::<_, Option<String>>("ca")? {
        Some(pem) => {
            for certificate in certificates(ctx, &pem)? {
                let added = roots.add(certificate);
                added.map_err(|error| refused(ctx, &error.to_string()))?;
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let provider = Arc::new(ring::default_provider());
    let distrust = Arc::new(Mutex::new(None));
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone());
    let verifier = Verifier {
        inner: verifier
            .build()
            .map_err(|error| refused(ctx, &error.to_string()))?,
        rejects: settings.get("rejectUnauthorized")?,
        distrust: distrust.clone(),
        provider: provider.clone(),
    };
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| refused(ctx, &error.to_string()))?;
    let mut config = config
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = protocols(settings)?;
    config.resumption = Resumption::disabled();
    Ok(Client {
        connector: TlsConnector::from(Arc::new(config)),
        name,
        distrust,
    })
}

impl Client {
    pub(super) async fn connect(self, stream: TcpStream) -> io::Result<Stream> {
        let stream = self.connector.connect(self.name, stream).await?;
        let distrust = self.distrust.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Stream::Client(Box::new(stream), distrust.clone()))
    }
}

/// Looks at certificates as rustls does, and lets others pass where the program asks for it: it is told why.
#[derive(Debug)]
struct Verifier {
    inner: Arc<WebPkiServerVerifier>,
    rejects: bool,
    distrust: Arc<Mutex<Option<String>>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        let verified = (self.inner).verify_server_cert(certificate, between, name, ocsp, now);
        match verified {
            Err(error) if !self.rejects => {
                let mut distrust = self.distrust.lock().unwrap_or_else(PoisonError::into_inner);
                *distrust = Some(error.to_string());
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Who is called.
pub(super) struct Server(TlsAcceptor);

/// `cert` and `key` in PEM, `alpn`.
pub(super) fn server(ctx: &Ctx<'_>, settings: &Object<'_>) -> Result<Server> {
    let failed = |error: &dyn std::fmt::Display| refused(ctx, &error.to_string());
    let chain = certificates(ctx, &settings.get::<_, String>("cert")?)?;
    let key: String = settings.get("key")?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| failed(&error))?;
    let provider = Arc::new(ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| failed(&error))?;
    let config = config.with_no_client_auth().with_single_cert(chain, key);
    let mut config = config.map_err(|error| failed(&error))?;
    config.alpn_protocols = protocols(settings)?;
    Ok(Server(TlsAcceptor::from(Arc::new(config))))
}

impl Server {
    /// Agrees with who has connected, while others connect.
    pub(super) fn accept_later(&self, stream: TcpStream, source: Source) {
        let accepting = self.0.accept(stream);
        tokio::spawn(async move {
            let accepted = tokio::time::timeout(PATIENCE, accepting).await;
            match accepted.map_err(other).and_then(|accepted| accepted) {
                Ok(stream) => post_accepted(Stream::Server(Box::new(stream)), &source),
                Err(error) => source.post(move |ctx| say_failed(ctx, &error)),
            }
        });
    }
}
