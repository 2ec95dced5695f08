"""A world in which everything outside accepts a connection and never answers."""


def black_holes(port: int) -> dict[str, str]:
    """Database, both ways out for mail, and AWS (SSM, CloudWatch), where nobody ever answers."""
    return {
        "HOS_DATABASE_URL": f"mysql+pymysql://hos:hos@127.0.0.1:{port}/hos",
        "HOS_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "HOS_SENDGRID_URL": f"http://127.0.0.1:{port}",
        "SENDGRID_API_KEY": "SG.black-hole",
        "HOS_ALERT_TO": "ops@example.org",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "us-west-2",
        "AWS_ACCESS_KEY_ID": "black",
        "AWS_SECRET_ACCESS_KEY": "black-hole",
    }
