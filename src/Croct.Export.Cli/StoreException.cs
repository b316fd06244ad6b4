namespace Croct.Export.Cli;

/// <summary>A store could not be read or written.</summary>
internal sealed class StoreException(string message, StoreFailure failure, Exception? inner) : IOException(message, inner)
{
    public StoreFailure Failure => failure;
}

/// <summary>Why a store could not be read or written.</summary>
internal enum StoreFailure
{
    /// <summary>The network or the store failed temporarily.</summary>
    Temporary,

    /// <summary>The store refused the credentials or the permission.</summary>
    Refused,

    /// <summary>A temporary file could not be written.</summary>
    Disk,

    /// <summary>Anything else.</summary>
    Other,
}
