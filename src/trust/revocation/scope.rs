//! About which certificates, and for which reasons, a list speaks (RFC 5280, 6.3.3 (b)). Who signed it, and when, is judged elsewhere.

use super::super::crl::{self, ALL_REASONS, Crl, Point, PointName};
use super::super::names;
use super::Why;
use crate::der::{Certificate, oid};

/// Where a certificate says that lists about it are.
pub(super) fn distribution_points(certificate: &Certificate) -> Vec<Point> {
    let extension = certificate.extensions().get(oid::CRL_DISTRIBUTION_POINTS);
    extension.and_then(|e| crl::points(&e.value).ok()).unwrap_or_default()
}

/// For which reasons a list speaks about a certificate (RFC 5280, 6.3.3 (b)); `None` when it is another issuer's.
pub(super) fn scope(crl: &Crl, points: &[Point], certificate: &Certificate) -> Result<Option<u16>, Why> {
    let by_issuer = names::same(crl.issuer_der(), certificate.issuer().der());
    let fitting = |point: &&Point| {
        let of_list = match point.issuers.is_empty() {
            true => by_issuer,
            false => crl.scope.is_indirect && crl::names_issuer(&point.issuers, crl.issuer_der()),
        };
        of_list && point_meets(crl, point)
    };
    let points: Vec<&Point> = points.iter().filter(fitting).collect();
    if !by_issuer && points.is_empty() {
        return Ok(None);
    }
    let is_ca = certificate.extensions().is_ca;
    let scope = &crl.scope;
    let other_kind = (scope.users_only && is_ca) || (scope.authorities_only && !is_ca) || scope.attributes_only;
    if crl.is_delta || other_kind || (scope.point.is_some() && points.is_empty()) {
        return Err(Why::OutOfScope);
    }
    let of_points = points
        .iter()
        .map(|point| point.reasons.unwrap_or(ALL_REASONS))
        .reduce(|a, b| a | b);
    // A complete list of the issuer speaks about all its certificates, whatever points they name.
    let of_points = of_points.unwrap_or(ALL_REASONS);
    Ok(Some(of_points & scope.reasons.unwrap_or(ALL_REASONS)))
}

fn point_meets(crl: &Crl, point: &Point) -> bool {
    match (&crl.scope.point, &point.name) {
        (None, _) => true,
        (Some(of_list), Some(of_certificate)) => of_list.meets(crl.issuer_der(), of_certificate, crl.issuer_der()),
        (Some(of_list), None) => {
            let issuers = PointName::Full(point.issuers.clone());
            of_list.meets(crl.issuer_der(), &issuers, crl.issuer_der())
        }
    }
}
